//! What a stranger may choose without a bound: nothing.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::running_shop::*;

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Everything that is said until the server closes the connection.
async fn said(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    String::from_utf8(said).unwrap()
}

/// This process's resident memory, MiB: client and server are in it.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

/// What everything looks like that we say, also where no handler came to see the request.
#[track_caller]
fn is_a_problem(answer: &str, status: u16, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    for part in [
        "content-type: application/problem+json",
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "x-trace-id: ",
        "connection: close",
        &format!("\"code\":\"{code}\""),
    ] {
        assert!(answer.contains(part), "{part} is not in {answer}");
    }
}

#[test]
fn methods_that_are_made_up_are_one_label() {
    run(async {
        let shop = RunningShop::start().await;
        let before = shop.get_admin("/metrics").await.body.len();
        let mut stream = connect(&shop.address).await;
        for number in 0..500 {
            let head = format!("MADEUP{number} /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = [0; 4_096];
            assert!(stream.read(&mut answer).await.unwrap() > 0);
        }
        let metrics = shop.get_admin("/metrics").await.text();
        let counted =
            r#"bancada_http_requests_total{method="other",route="unmatched",status="404"}"#;
        assert!(metrics.contains(counted), "{metrics}");
        assert!(!metrics.contains("MADEUP"), "{metrics}");
        assert!(metrics.len() < before + 16 * 1_024, "{before} became {}", metrics.len());
        shop.stop().await;
    });
}

/// actix-http decodes all that is in a buffer of 128 KiB, and each request takes over a kilobyte.
#[test]
fn requests_that_are_sent_ahead_take_little_memory() {
    const N_CONNECTIONS: usize = 160;
    run(async {
        let shop = RunningShop::start().await;
        // Nobody takes the answers: whatever comes behind them waits.
        let ahead = "GET /api/checkout/v1/products HTTP/1.1\r\nhost: [::]\r\n\r\n".repeat(2_500);
        let before = resident_mib();
        let mut streams = Vec::new();
        for _ in 0..N_CONNECTIONS {
            let mut stream = connect(&shop.address).await;
            // As much as the server, or the system for it, takes.
            let sending = stream.write_all(ahead.as_bytes());
            let _ = tokio::time::timeout(Duration::from_millis(100), sending).await;
            streams.push(stream);
        }
        assert_eq!(shop.get("/api/status").await.status, 200, "others are served");
        let during = resident_mib();
        drop(streams);
        assert_eq!(shop.get("/api/status").await.status, 200);
        println!("MiB: {before} before, {during} during, {} after", resident_mib());
        assert!(during < before + 100, "{before} MiB became {during}");
        shop.stop().await;
    });
}

#[test]
fn a_connection_on_which_nothing_was_asked_is_closed_without_a_word() {
    run(async {
        let shop = RunningShop::start().await;
        let mut silent = connect(&shop.address).await;
        assert_eq!(said(&mut silent).await, "", "a client would take it for its next answer");
        shop.stop().await;
    });
}

#[test]
fn a_head_that_does_not_end_is_told_so_also_the_second_one() {
    run(async {
        let shop = RunningShop::start().await;
        let mut first = connect(&shop.address).await;
        first.write_all(b"GET /api/status HTTP/1.1\r\nhost: loc").await.unwrap();
        let mut second = connect(&shop.address).await;
        let whole = b"GET /api/status HTTP/1.1\r\nhost: localhost\r\n\r\n";
        second.write_all(whole).await.unwrap();
        let mut answer = [0; 4_096];
        let n_bytes = second.read(&mut answer).await.unwrap();
        assert!(answer[..n_bytes].starts_with(b"HTTP/1.1 200 "));
        second.write_all(&whole[..20]).await.unwrap();
        is_a_problem(&said(&mut first).await, 408, "request_timeout");
        is_a_problem(&said(&mut second).await, 408, "request_timeout");
        shop.stop().await;
    });
}

#[test]
fn a_body_that_does_not_end_is_told_so_and_nothing_is_ordered() {
    run(async {
        let shop = RunningShop::start().await;
        let head = format!(
            "POST {ORDERS} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             idempotency-key: {}\r\ncontent-length: 500\r\n\r\n{{",
            new_key()
        );
        let (status, answer) = shop.raw(&head).await;
        assert_eq!(status, 408, "{answer}");
        assert!(answer.contains("\"code\":\"body_timeout\""), "{answer}");
        assert_eq!(shop.get(ORDERS).await.json()["orders"].as_array().unwrap().len(), 0);
        shop.stop().await;
    });
}

#[test]
fn what_cannot_be_read_is_answered_like_everything_else() {
    run(async {
        let shop = RunningShop::start().await;
        for malformed in ["HELO\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{1} HTTP/1.1\r\n\r\n"] {
            is_a_problem(&shop.raw(malformed).await.1, 400, "request_malformed");
        }
        let large = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "x".repeat(200_000));
        let (status, answer) = shop.raw(&large).await;
        // What was not read of it may reset the connection before the answer is read.
        if status != 0 {
            is_a_problem(&answer, 431, "head_too_large");
        }
        // Behind an answer of ours, too.
        let behind = "GET /api/status HTTP/1.1\r\nhost: localhost\r\n\r\nHELO\r\n\r\n";
        let (status, answer) = shop.raw(behind).await;
        assert_eq!(status, 200);
        is_a_problem(&answer[answer.rfind("HTTP/1.1 ").unwrap()..], 400, "request_malformed");
        let metrics = shop.get_admin("/metrics").await.text();
        assert!(metrics.contains(r#"method="unread",route="unmatched",status="400""#), "{metrics}");
        shop.stop().await;
    });
}

#[test]
fn beyond_its_connections_a_listener_says_so_and_the_admin_listener_answers() {
    run(async {
        let shop = RunningShop::start().await;
        let mut held = Vec::new();
        let mut refused = String::new();
        while refused.is_empty() {
            assert!(held.len() <= MAX_CONNECTIONS, "there is a limit");
            let mut stream = connect(&shop.address).await;
            stream.write_all(b"GET /api/status HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            let mut answer = [0; 4_096];
            let n_bytes = stream.read(&mut answer).await.unwrap_or_default();
            let answer = String::from_utf8_lossy(&answer[..n_bytes]).into_owned();
            match answer.starts_with("HTTP/1.1 200 ") {
                true => held.push(stream),
                false => refused = answer,
            }
        }
        is_a_problem(&refused, 503, "overloaded");
        assert_eq!(shop.get_admin("/livez").await.status, 200);
        assert!(shop.get_admin("/metrics").await.text().contains(r#"status="503""#));
        drop(held);
        let client = reqwest::Client::new();
        eventually("there is room again", async || {
            let asked = client.get(format!("{}/api/status", shop.address)).send().await;
            asked.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        shop.stop().await;
    });
}
