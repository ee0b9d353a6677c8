//! `AuthorizeStream`: many payments on one stream.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bancada_proto::bank::v1;
use bancada_proto::bank::v1::authorize_outcome::Outcome;
use bancada_proto::bank::v1::{AuthorizeItem, AuthorizeRequest, PaymentStatus};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

/// One open stream.
struct Conversation {
    batches: mpsc::Sender<v1::AuthorizeBatch>,
    outcomes: Streaming<v1::AuthorizeOutcomes>,
}

impl Conversation {
    async fn open(running: &RunningBank) -> Conversation {
        let (batches, outgoing) = mpsc::channel(1);
        let opened = running.payments().authorize_stream(ReceiverStream::new(outgoing)).await;
        Conversation { batches, outcomes: opened.unwrap().into_inner() }
    }

    async fn send(&self, items: Vec<AuthorizeItem>) {
        self.batches.send(v1::AuthorizeBatch { items }).await.unwrap();
    }

    /// So many answers, each as a single call would have given it, by id.
    async fn receive(&mut self, n: usize) -> HashMap<u64, Result<v1::AuthorizeResponse, Status>> {
        let mut received = HashMap::new();
        while received.len() < n {
            let message = self.outcomes.message().await.unwrap().expect("the stream is open");
            for outcome in message.outcomes {
                let result = match outcome.outcome.unwrap() {
                    Outcome::Answer(answer) => Ok(answer),
                    Outcome::Failure(v1::AuthorizeFailure { code, message, details }) => {
                        let code = Code::from_i32(i32::try_from(code).unwrap());
                        Err(Status::with_details(code, message, details.into()))
                    }
                };
                let twice = received.insert(outcome.id, checked(result));
                assert!(twice.is_none(), "item {} was answered twice", outcome.id);
            }
        }
        received
    }
}

fn item(id: u64, request: AuthorizeRequest) -> AuthorizeItem {
    AuthorizeItem { id, request: Some(request), traceparent: String::new(), timeout_ms: 0 }
}

#[test]
fn every_item_is_answered_as_the_single_call_would_be() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut stream = Conversation::open(&running).await;
        stream
            .send(vec![
                item(7, sale("paid", 600)),
                item(8, sale("declined", 600)),
                item(9, sale("zero", 0)),
                item(10, AuthorizeRequest { card: None, ..sale("cardless", 10) }),
                item(11, sale("paid", 601)),
                AuthorizeItem { request: None, ..item(12, sale("", 0)) },
                item(13, sale("paid", 600)),
            ])
            .await;
        let answers = stream.receive(7).await;
        let payment = |id| answers[&id].clone().unwrap().payment.unwrap();
        assert_eq!(payment(7).status(), PaymentStatus::Captured);
        assert_eq!(payment(8).status(), PaymentStatus::Declined);
        assert_eq!((payment(13), answers[&13].clone().unwrap().replayed), (payment(7), true));
        for (id, key, request) in [
            (9, "amount.amount_minor", sale("zero", 0)),
            (10, "card", AuthorizeRequest { card: None, ..sale("cardless", 10) }),
        ] {
            let (status, single) =
                (answers[&id].clone().unwrap_err(), running.authorize(request).await.unwrap_err());
            assert_eq!(field_of(&status), key);
            assert_eq!(
                (status.code(), status.message(), status.details()),
                (single.code(), single.message(), single.details())
            );
        }
        assert_eq!(reason_of(&answers[&11].clone().unwrap_err()), "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(field_of(&answers[&12].clone().unwrap_err()), "request");
        let single = running.authorize(sale("paid", 600)).await.unwrap();
        assert_eq!((single.payment.unwrap(), single.replayed), (payment(7), true));
        running.stop_and_check().await;
    });
}

#[test]
fn a_stream_that_gets_no_answers_is_not_read_beyond_its_window() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let mut stream = Conversation::open(&running).await;
        running.journal.set_disk(Disk::Frozen);
        let n_items = 6_000;
        let batches = stream.batches.clone();
        let sending = tokio::spawn(async move {
            for first in (0..n_items).step_by(50) {
                let items = (first..first + 50).map(|id| {
                    // Together more than connections buffer.
                    let (store, description) = ("s".repeat(128), "d".repeat(128));
                    let order_id = "o".repeat(128);
                    let sale = sale(&format!("k{id}"), 1);
                    item(id, AuthorizeRequest { store, description, order_id, ..sale })
                });
                batches.send(v1::AuthorizeBatch { items: items.collect() }).await.unwrap();
            }
        });
        eventually("running.handle.in_flight() >= 1_024", async || {
            running.handle.in_flight() >= 1_024
        })
        .await;
        assert!(!sending.is_finished(), "the sender waits");
        assert!(running.handle.in_flight() < 1_024 + 50, "{}", running.handle.in_flight());
        running.journal.set_disk(Disk::Well);
        let answers = stream.receive(usize::try_from(n_items).unwrap()).await;
        assert!(answers.values().all(Result::is_ok));
        sending.await.unwrap();
        assert_eq!(running.handle.in_flight(), 0);
        assert_eq!(running.stop_and_check().await.payments().count(), 6_000);
    });
}

#[test]
fn a_request_that_nobody_waits_for_any_more_is_not_decided() {
    run(async {
        let journal = MemoryJournal::new();
        journal.set_disk(Disk::Frozen);
        // Its ledger is being loaded, and its mail waits.
        let running = RunningBank::start(&journal, 16).await;
        let mut stream = Conversation::open(&running).await;
        let sent = Instant::now();
        let hurried = AuthorizeItem { timeout_ms: 5, ..item(1, sale("hurried", 10)) };
        stream.send(vec![hurried, item(2, sale("patient", 10))]).await;
        let payments = running.payments();
        let given_up = tokio::spawn(async move {
            let mut payments = payments;
            payments.authorize(sale("given-up", 10)).await
        });
        eventually("running.handle.in_flight() == 3", async || running.handle.in_flight() == 3)
            .await;
        given_up.abort();
        eventually("running.handle.in_flight() == 2", async || running.handle.in_flight() == 2)
            .await;
        eventually("sent.elapsed() > Duration::from_millis(5)", async || {
            sent.elapsed() > Duration::from_millis(5)
        })
        .await;
        running.journal.set_disk(Disk::Well);
        let answers = stream.receive(2).await;
        let late = answers[&1].clone().unwrap_err();
        assert_eq!((late.code(), &*reason_of(&late)), (Code::DeadlineExceeded, "DEADLINE_PASSED"));
        assert!(answers[&2].is_ok());
        assert_eq!(running.journal.entries().len(), 1, "the patient one's");
        running.stop_and_check().await;
    });
}

#[test]
fn only_the_items_beyond_the_banks_room_are_told_of_overload() {
    run(async {
        let running = RunningBank::start(&MemoryJournal::new(), 4).await;
        running.is_loaded().await;
        running.issue(NUMBER, 1_000).await;
        let mut stream = Conversation::open(&running).await;
        running.journal.set_disk(Disk::Frozen);
        stream.send((0..10).map(|id| item(id, sale(&format!("k{id}"), 10))).collect()).await;
        for (_, refused) in stream.receive(6).await {
            let status = refused.unwrap_err();
            assert_eq!(reason_of(&status), "OVERLOADED");
            assert!(tonic_types::StatusExt::get_details_retry_info(&status).is_some());
        }
        running.journal.set_disk(Disk::Well);
        assert!(stream.receive(4).await.values().all(Result::is_ok));
        assert_eq!(running.stop_and_check().await.payments().count(), 4);
    });
}

#[test]
fn what_a_crash_took_is_unknown_and_a_repetition_resolves_it() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut stream = Conversation::open(&running).await;
        running.journal.set_disk(Disk::Panicking);
        let items = || (0..8).map(|id| item(id, sale(&format!("k{id}"), 10))).collect();
        stream.send(items()).await;
        let lost = stream.receive(8).await;
        for (_, lost) in lost {
            assert_eq!(reason_of(&lost.unwrap_err()), "OUTCOME_UNKNOWN");
        }
        eventually("every item is answered", async || {
            stream.send(items()).await;
            stream.receive(8).await.values().all(Result::is_ok)
        })
        .await;
        assert_eq!(running.stop_and_check().await.payments().count(), 8);
    });
}

#[test]
fn a_server_that_stops_answers_what_it_has_read_and_ends_the_stream() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut stream = Conversation::open(&running).await;
        running.journal.set_disk(Disk::Frozen);
        stream.send(vec![item(1, sale("k", 10))]).await;
        eventually("running.handle.in_flight() == 1", async || running.handle.in_flight() == 1)
            .await;
        let server = running.server.clone();
        let stopping = actix_rt::spawn(async move { server.shutdown().await });
        running.journal.set_disk(Disk::Well);
        assert!(stream.receive(1).await[&1].is_ok());
        assert!(stream.outcomes.message().await.unwrap().is_none(), "and it ends");
        stopping.await.unwrap();
        running.stop_and_check().await;
    });
}
