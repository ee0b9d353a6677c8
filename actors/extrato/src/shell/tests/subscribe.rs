//! Following one card.

use bancada_kernel::EventKind;
use tokio::task::spawn_local;

use super::bench::{Bench, drive_until, in_frozen_time};
use super::source::Script;
use crate::statement::history::{History, token};
use crate::{LastSeen, Limits, SubscribeError, Subscription};

/// The next `n` news, by position; negative where only the card changed.
async fn next(subscription: &mut Subscription, n: usize) -> Vec<i64> {
    let mut found = Vec::new();
    for _ in 0..n {
        let update = subscription.next().await.expect("the subscription goes on");
        let position = i64::try_from(update.position).unwrap();
        found.push(if update.line.is_some() { position } else { -position });
    }
    found
}

/// Somebody who had the news of a position.
fn seen(position: u64) -> Option<LastSeen> {
    Some(LastSeen { position, payment: None })
}

#[test]
fn a_reader_is_told_what_it_missed_and_then_what_happens() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let mut history = History::of_purchases(1, 4);
        history.push(2, EventKind::CardIssued, 0);
        bench.script.deliver(history.records());
        bench.reaches(6).await;
        let mut late = bench.handle.subscribe(&token(1), seen(2)).await.unwrap();
        let mut current = bench.handle.subscribe(&token(1), seen(5)).await.unwrap();
        let mut new = bench.handle.subscribe(&token(1), None).await.unwrap();
        assert_eq!(next(&mut late, 3).await, [3, 4, 5]);
        assert_eq!(next(&mut current, 1).await, [-5]);
        assert_eq!(next(&mut new, 1).await, [-5]);
        history.push(2, EventKind::PaymentCaptured, 100);
        history.push(1, EventKind::CardStatusChanged, 0);
        history.push(1, EventKind::PaymentRefunded, 100);
        bench.script.deliver(history.records().into_iter().skip(6));
        for subscription in [&mut late, &mut current, &mut new] {
            assert_eq!(next(subscription, 2).await, [-8, 9]);
        }
        bench.close().await;
        assert_eq!(late.next().await, None);
    });
}

#[test]
fn what_happens_while_the_missed_lines_are_read_is_told_once() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 300);
        bench.script.deliver(history.records().into_iter().take(290));
        bench.reaches(290).await;
        let mut subscription = bench.handle.subscribe(&token(1), seen(1)).await.unwrap();
        // Told live and, because nothing has been read yet, found among the missed ones too.
        bench.script.deliver(history.records().into_iter().skip(290));
        bench.reaches(301).await;
        assert_eq!(next(&mut subscription, 300).await, (2..=301).collect::<Vec<_>>());
        let mut more = history.clone();
        more.push(1, EventKind::PaymentCaptured, 1);
        bench.script.deliver(more.records().into_iter().skip(301));
        assert_eq!(next(&mut subscription, 1).await, [302]);
        bench.close().await;
    });
}

#[test]
fn a_slow_reader_is_dropped_and_nobody_waits_for_it() {
    in_frozen_time(async {
        let limits = Limits { subscriber_buffer: 4, ..Limits::default() };
        let bench = Bench::open_on(Default::default(), Script::new(), limits).await;
        let history = History::of_purchases(1, 20);
        bench.script.deliver(history.records().into_iter().take(1));
        bench.reaches(1).await;
        let mut slow = bench.handle.subscribe(&token(1), seen(1)).await.unwrap();
        let mut quick = bench.handle.subscribe(&token(1), seen(1)).await.unwrap();
        assert_eq!(next(&mut slow, 1).await, [-1]);
        assert_eq!(next(&mut quick, 1).await, [-1]);
        for (position, record) in (1..).zip(history.records()).skip(1) {
            bench.script.deliver([record]);
            assert_eq!(next(&mut quick, 1).await, [position]);
        }
        assert_eq!(next(&mut slow, 4).await, [2, 3, 4, 5]);
        assert_eq!(slow.next().await, None);
        drive_until("it is counted", || bench.handle.statistics().n_dropped_subscribers == 1).await;
        let mut again = bench.handle.subscribe(&token(1), seen(5)).await.unwrap();
        assert_eq!(next(&mut again, 16).await, (6..=21).collect::<Vec<_>>());
        bench.close().await;
    });
}

#[test]
fn a_statement_that_starts_anew_ends_subscriptions_so_that_nothing_is_missed() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 2);
        bench.script.deliver(history.records());
        bench.reaches(3).await;
        let mut subscription = bench.handle.subscribe(&token(1), seen(3)).await.unwrap();
        assert_eq!(next(&mut subscription, 1).await, [-3]);
        bench.crash("extrato/projector").await;
        drive_until("it is opened again", || bench.disk.n_opened() == 2).await;
        assert_eq!(subscription.next().await, None);
        bench.close().await;
    });
}

#[test]
fn a_card_that_is_not_known_and_one_reader_too_many_are_refused() {
    in_frozen_time(async {
        let limits = Limits { max_subscribers: 2, ..Limits::default() };
        let bench = Bench::open_on(Default::default(), Script::new(), limits).await;
        bench.script.deliver(History::of_purchases(1, 1).records());
        bench.reaches(2).await;
        let refused = bench.handle.subscribe(&token(9), None).await.err();
        assert_eq!(refused, Some(SubscribeError::UnknownCard));
        let first = bench.handle.subscribe(&token(1), None).await.unwrap();
        let second = bench.handle.subscribe(&token(1), None).await.unwrap();
        let refused = bench.handle.subscribe(&token(1), None).await.err();
        assert_eq!(refused, Some(SubscribeError::Overloaded));
        drop(first);
        assert!(bench.handle.subscribe(&token(1), None).await.is_ok());
        drop(second);
        bench.close().await;
    });
}

#[test]
fn readers_who_all_come_back_at_once_wait_for_their_turn() {
    in_frozen_time(async {
        let limits = Limits { max_readers: 1, ..Limits::default() };
        let bench = Bench::open_on(Default::default(), Script::new(), limits).await;
        bench.script.deliver(History::of_purchases(1, 3).records());
        bench.reaches(4).await;
        let returning = (0..20).map(|_| {
            let handle = bench.handle.clone();
            spawn_local(async move { handle.subscribe(&token(1), seen(1)).await.unwrap() })
        });
        for subscription in returning.collect::<Vec<_>>() {
            assert_eq!(next(&mut subscription.await.unwrap(), 3).await, [2, 3, 4]);
        }
        bench.close().await;
    });
}
