//! What one client may make the Bank hold.

use bancada_proto::bank::v1;
use futures_util::future::join_all;
use hyper::Response;
use hyper::body::Incoming;
use prost::Message as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Endpoint;

use crate::raw_client::{RawClient, status_of};
use crate::running_bank::*;
use bancada_testbed::Disk;

const AUTHORIZE: &str = "bank.v1.BankService/Authorize";
const SUBSCRIBE: &str = "bank.v1.EventFeed/Subscribe";

/// This process's resident memory, MiB: client and server are in it.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

fn is_open(answer: &Response<Incoming>) -> bool {
    !answer.headers().contains_key("grpc-status")
}

#[test]
fn a_connection_has_so_many_feeds_and_others_have_theirs() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut greedy = RawClient::connect(&running.address).await;
        let mut feeds = Vec::new();
        let refused = loop {
            assert!(feeds.len() <= 128, "there is a limit");
            let answer = greedy.send(SUBSCRIBE, &[], None).await.unwrap();
            if !is_open(&answer) {
                break status_of(answer).await;
            }
            feeds.push(answer);
        };
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(reason_of(&refused), "TOO_MANY_STREAMS");
        let mut other = RawClient::connect(&running.address).await;
        assert!(is_open(&other.send(SUBSCRIBE, &[], None).await.unwrap()), "another connection");
        assert_eq!(running.pay("k", 10).await.status(), v1::PaymentStatus::Captured);
        drop(feeds);
        eventually("is_open(&greedy.send(SUBSCRIBE, &[], None).await.unwrap())", async || {
            is_open(&greedy.send(SUBSCRIBE, &[], None).await.unwrap())
        })
        .await;
        running.stop_and_check().await;
    });
}

#[test]
fn those_who_watch_the_health_have_so_many_places() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut client = RawClient::connect(&running.address).await;
        let mut watching = Vec::new();
        let refused = loop {
            assert!(watching.len() <= 256, "there is a limit");
            let answer = client.send("grpc.health.v1.Health/Watch", &[], None).await.unwrap();
            if !is_open(&answer) {
                break status_of(answer).await;
            }
            watching.push(answer);
        };
        assert_eq!(reason_of(&refused), "TOO_MANY_STREAMS");
        assert_eq!(running.pay("k", 10).await.status(), v1::PaymentStatus::Captured);
        drop(watching);
        eventually("a stream is open", async || {
            is_open(&client.send("grpc.health.v1.Health/Watch", &[], None).await.unwrap())
        })
        .await;
        running.stop_and_check().await;
    });
}

/// A burst on one connection: h2 counts small frames that nobody has read yet, and ends the
/// connection when there are too many for its window.
#[test]
fn all_calls_that_a_bank_takes_may_come_on_one_connection_at_once() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let sales = (0..4_000).map(|number| running.authorize(sale(&format!("k{number}"), 1)));
        for paid in join_all(sales).await {
            paid.unwrap();
        }
        running.stop_and_check().await;
    });
}

#[test]
fn feeds_that_nobody_reads_take_little_memory() {
    const N_CONNECTIONS: usize = 8;
    const N_FEEDS: usize = 200;
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let sales = (0..2_000).map(|number| {
            let (store, description, order_id) =
                ("s".repeat(128), "d".repeat(128), "o".repeat(128));
            let sale = sale(&format!("k{number}"), 1);
            running.authorize(v1::AuthorizeRequest { store, description, order_id, ..sale })
        });
        for paid in join_all(sales).await {
            paid.unwrap();
        }
        let before = resident_mib();
        let mut feeds = Vec::new();
        for _ in 0..N_CONNECTIONS {
            let mut client = RawClient::connect(&running.address).await;
            for _ in 0..N_FEEDS {
                feeds.push(client.send(SUBSCRIBE, &[], None).await.unwrap());
            }
        }
        let n_open = feeds.iter().filter(|it| is_open(it)).count();
        assert_eq!(running.pay("while", 10).await.status(), v1::PaymentStatus::Captured);
        let during = resident_mib();
        drop(feeds);
        let mut client = RawClient::connect(&running.address).await;
        eventually("is_open(&client.send(SUBSCRIBE, &[], None).await.unwrap())", async || {
            is_open(&client.send(SUBSCRIBE, &[], None).await.unwrap())
        })
        .await;
        let after = resident_mib();
        println!("MiB: {before} before, {during} during ({n_open} feeds), {after} after");
        assert_eq!(n_open, 256);
        assert!(during < before + 250, "{before} MiB became {during}");
        running.stop_and_check().await;
    });
}

/// HTTP/2's library takes a burst of cancelled calls for an attack, and ends the connection with
/// everybody on it.
#[test]
fn calls_that_are_cancelled_leave_others_on_the_connection_alone() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Frozen);
        let client = RawClient::connect(&running.address).await;
        let mut patient = client.clone();
        let waiting =
            tokio::spawn(async move { patient.status(AUTHORIZE, &sale("kept", 10), None).await });
        eventually("running.handle.in_flight() > 0", async || running.handle.in_flight() > 0).await;
        for n_yields in (0..8).cycle().take(48) {
            let burst: Vec<_> = (0..100)
                .map(|number| {
                    let mut client = client.clone();
                    tokio::spawn(async move {
                        let message = sale(&format!("cancelled{number}"), 1).encode_to_vec();
                        client.send(AUTHORIZE, &message, None).await.map(drop)
                    })
                })
                .collect();
            // From "not sent yet" to "sent and gone": some of them are cancelled on their way.
            for _ in 0..n_yields {
                tokio::task::yield_now().await;
            }
            burst.iter().for_each(tokio::task::JoinHandle::abort);
        }
        running.journal.set_disk(Disk::Well);
        assert_eq!(waiting.await.unwrap().code(), Code::Ok);
        running.stop_and_check().await;
    });
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let address = running.address.strip_prefix("http://").unwrap();
        let mut silent = TcpStream::connect(address).await.unwrap();
        // The server speaks first, and then waits for its client.
        let mut said = Vec::new();
        silent.read_to_end(&mut said).await.unwrap();
        assert_eq!(running.pay("k", 10).await.status(), v1::PaymentStatus::Captured);
        running.stop_and_check().await;
    });
}

#[test]
fn beyond_its_connections_the_server_closes_new_ones_and_serves_the_others() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let address = running.address.strip_prefix("http://").unwrap();
        let mut held = Vec::new();
        // One is in use already.
        for _ in 1..MAX_CONNECTIONS {
            held.push(RawClient::connect(&running.address).await);
        }
        let mut beyond = TcpStream::connect(address).await.unwrap();
        let mut said = Vec::new();
        let closed = beyond.read_to_end(&mut said).await;
        assert!(closed.is_err() || said.is_empty(), "{said:?}");
        let client = &mut held[0];
        assert_eq!(client.status(AUTHORIZE, &sale("k", 10), None).await.code(), Code::Ok);
        drop(held);
        eventually("a new connection is served", async || {
            let endpoint = Endpoint::from_shared(running.address.clone()).unwrap();
            let Ok(channel) = endpoint.connect().await else { return false };
            let mut cards = v1::card_service_client::CardServiceClient::new(channel);
            cards.list_cards(v1::ListCardsRequest::default()).await.is_ok()
        })
        .await;
        running.stop_and_check().await;
    });
}
