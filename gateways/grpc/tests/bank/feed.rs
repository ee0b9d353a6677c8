//! `bank.v1.EventFeed`: the past, then what comes.

use bancada_grpc::event_from_message;
use bancada_kernel::EventKind;
use bancada_proto::bank::v1::{self, EventBatch, PaymentEvent, SubscribeRequest};
use futures_util::future::join_all;
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

async fn open(running: &RunningBank, after_position: u64) -> Result<Streaming<EventBatch>, Status> {
    open_proven(running, after_position, 0).await
}

async fn open_proven(
    running: &RunningBank,
    after_position: u64,
    after_event: u64,
) -> Result<Streaming<EventBatch>, Status> {
    let request = SubscribeRequest { after_position, after_event, ..SubscribeRequest::default() };
    running.feed().subscribe(request).await.map(tonic::Response::into_inner)
}

/// A stream that has said how far the Bank is, which it does first and at once.
async fn subscribe(running: &RunningBank, after_position: u64) -> Streaming<EventBatch> {
    let committed_position = running.handle.feed().committed_position();
    let mut stream = open(running, after_position).await.unwrap();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!(first, EventBatch { committed_position, n_shards: 1, ..EventBatch::default() });
    stream
}

/// Reads until this many events have come.
async fn read(stream: &mut Streaming<EventBatch>, n_events: usize) -> Vec<PaymentEvent> {
    let mut events = Vec::new();
    while events.len() < n_events {
        let batch = checked(stream.message().await.map(|batch| batch.unwrap())).unwrap();
        assert!(batch.events.len() <= 512);
        events.extend(batch.events);
        let last = events.last().map_or(0, |event| event.position);
        assert!(batch.committed_position >= last, "{} < {last}", batch.committed_position);
    }
    events
}

fn positions(events: &[PaymentEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

#[test]
fn a_reader_of_another_past_gets_nothing_and_a_reason_of_its_own() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.pay("a", 100).await;
        running.pay("b", 100).await;
        let past = read(&mut subscribe(&running, 0).await, 3).await;
        for (event, next) in past.iter().zip([2, 3]) {
            let mut stream = open_proven(&running, event.position, event.hash).await.unwrap();
            assert!(stream.message().await.unwrap().unwrap().events.is_empty());
            assert_eq!(positions(&read(&mut stream, 1).await)[0], next);
        }
        let another = open_proven(&running, 2, past[0].hash).await.unwrap_err();
        assert_eq!(another.code(), Code::FailedPrecondition);
        let beyond = open_proven(&running, 4, past[0].hash).await.unwrap_err();
        assert_eq!(beyond.code(), Code::OutOfRange);
        for (status, reason) in [(another, "OTHER_PAST"), (beyond, "BEYOND_JOURNAL")] {
            assert_eq!(status.get_error_details().error_info().unwrap().reason, reason);
        }
    });
}

#[test]
fn a_reader_of_a_part_gets_that_part_and_is_told_how_far_the_journal_was_read() {
    run(async {
        let running = RunningBank::with_limit(10_000).await;
        let paid = running.pay("a", 100).await;
        running.pay("b", 200).await;
        let past = read(&mut subscribe(&running, 0).await, 3).await;
        let open = async |merchant: &str, kind: &str, after: Option<&PaymentEvent>| {
            let request = SubscribeRequest {
                after_position: after.map_or(0, |event| event.position),
                after_event: after.map_or(0, |event| event.hash),
                merchant_id: merchant.to_owned(),
                types: vec![kind.to_owned()],
            };
            running.feed().subscribe(request).await.unwrap().into_inner()
        };
        // Nothing of the past is asked for, and all of it was read.
        let mut refunds = open("loja", "payment.refunded", None).await;
        let place = async |stream: &mut Streaming<EventBatch>| loop {
            let batch = stream.message().await.unwrap().unwrap();
            assert_eq!(batch.events, []);
            if batch.read_position > 0 {
                return (batch.read_position, batch.read_event);
            }
        };
        assert_eq!(place(&mut refunds).await, (3, past[2].hash));
        let refund = |key: &str, amount_minor| v1::RefundRequest {
            merchant_id: "loja".to_owned(),
            idempotency_key: key.to_owned(),
            payment_id: paid.payment_id.clone(),
            amount: brl(amount_minor),
        };
        running.payments().refund(refund("r1", 40)).await.unwrap();
        running.pay("c", 300).await;
        assert_eq!(positions(&read(&mut refunds, 1).await), [4]);

        // From a place that it was told, a reader goes on, and another merchant's are not its own.
        running.payments().refund(refund("r2", 60)).await.unwrap();
        let mut later = open("loja", "payment.refunded", Some(&past[2])).await;
        assert_eq!(positions(&read(&mut later, 2).await), [4, 6]);
        let mut another = open("hotel", "payment.captured", None).await;
        assert_eq!(place(&mut another).await.0, 6);
        running.stop_and_check().await;
    });
}

#[test]
fn a_reader_hears_of_a_bank_without_news() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let committed_position = running.handle.feed().committed_position();
        let mut stream = subscribe(&running, committed_position).await;
        let beat = EventBatch { committed_position, ..EventBatch::default() };
        for _ in 0..2 {
            assert_eq!(stream.message().await.unwrap().unwrap(), beat);
        }
        running.pay("a", 100).await;
        assert_eq!(read(&mut stream, 1).await[0].position, committed_position + 1);
    });
}

#[test]
fn a_reader_gets_the_past_and_then_what_is_committed() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.pay("a", 100).await;
        running.pay("b", 5_000).await;
        let mut stream = subscribe(&running, 0).await;
        let past = read(&mut stream, 3).await;
        assert_eq!(positions(&past), [1, 2, 3]);
        let words: Vec<_> = past.iter().map(|event| event.r#type.as_str()).collect();
        assert_eq!(words, ["card.issued", "payment.captured", "payment.declined"]);
        assert_eq!((past[2].reason_code.as_str(), past[2].card_sequence), ("51", 3));

        let paid = running.pay("live", 200).await;
        let live = read(&mut stream, 1).await;
        assert_eq!((positions(&live), &live[0].transaction_id), (vec![4], &paid.payment_id));
        let event = event_from_message(live[0].clone()).unwrap();
        assert_eq!((event.kind, event.amount.minor), (EventKind::PaymentCaptured, 200));
        let card = event.card.unwrap().after.unwrap();
        assert_eq!((card.balance.minor, card.limit.minor), (300, 1_000));
        drop(stream);
        running.stop_and_check().await;
    });
}

#[test]
fn a_reader_goes_on_where_it_was_and_one_beyond_the_end_is_told() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.pay("a", 100).await;
        running.pay("b", 100).await;
        let mut stream = subscribe(&running, 2).await;
        assert_eq!(positions(&read(&mut stream, 1).await), [3]);
        // The end itself is a place to wait at.
        let mut waiting = subscribe(&running, 3).await;
        running.pay("c", 100).await;
        assert_eq!(positions(&read(&mut waiting, 1).await), [4]);
        for beyond in [5, u64::MAX] {
            let status = open(&running, beyond).await.unwrap_err();
            assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
            assert!(status.message().contains(&beyond.to_string()), "{status:?}");
        }
        drop((stream, waiting));
        running.stop_and_check().await;
    });
}

#[test]
fn a_reader_beyond_the_end_of_a_bank_that_is_still_loading_is_told_as_well() {
    run(async {
        let journal = MemoryJournal::new();
        journal.set_disk(Disk::Frozen);
        let running = RunningBank::start(&journal, 16).await;
        let mut stream = open(&running, 7).await.unwrap();
        journal.set_disk(Disk::Well);
        running.is_loaded().await;
        let status = stream.message().await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
        running.stop_and_check().await;
    });
}

#[test]
fn readers_far_behind_and_in_front_get_the_same_events_once() {
    run(async {
        let journal = MemoryJournal::new();
        let first = RunningBank::start(&journal, 4_096).await;
        first.is_loaded().await;
        first.issue(NUMBER, 1_000_000).await;
        join_all((0..700).map(|n| {
            let (first, key) = (&first, format!("k{n}"));
            async move { first.pay(&key, 1).await }
        }))
        .await;
        first.server.shutdown().await;
        first.bank.shutdown().await;

        // A bank that was started again has its past on the disk only.
        let running = RunningBank::start(&journal, 4_096).await;
        running.is_loaded().await;
        let mut behind = subscribe(&running, 0).await;
        let past = read(&mut behind, 701).await;
        assert_eq!(positions(&past), (1..=701).collect::<Vec<_>>());
        let mut near = subscribe(&running, 650).await;
        running.pay("new", 1).await;
        let (far, near) = (read(&mut behind, 1).await, read(&mut near, 52).await);
        assert_eq!(positions(&far), [702]);
        assert_eq!(positions(&near), (651..=702).collect::<Vec<_>>());
        let ids: std::collections::HashSet<_> = past.iter().map(|event| &event.event_id).collect();
        assert_eq!(ids.len(), 701);
        drop(behind);
        running.stop_and_check().await;
    });
}

#[test]
fn nothing_is_told_before_it_is_durable() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut stream = subscribe(&running, 1).await;
        running.journal.set_disk(Disk::Frozen);
        let mut paying = Box::pin(running.pay("k", 100));
        let early = std::time::Duration::from_millis(100);
        assert!(tokio::time::timeout(early, &mut paying).await.is_err());
        assert!(tokio::time::timeout(early, stream.message()).await.is_err());
        running.journal.set_disk(Disk::Well);
        let paid = (&mut paying).await;
        drop(paying);
        assert_eq!(read(&mut stream, 1).await[0].transaction_id, paid.payment_id);
        drop(stream);
        running.stop_and_check().await;
    });
}

#[test]
fn a_server_that_stops_ends_its_streams() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let mut stream = subscribe(&running, 0).await;
        read(&mut stream, 1).await;
        running.server.shutdown().await;
        assert!(!matches!(stream.message().await, Ok(Some(_))));
        running.stop_and_check().await;
    });
}
