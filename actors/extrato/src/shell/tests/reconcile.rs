//! What no gap shows: events that were lost at the end of a card's own.

use bancada_kernel::EventKind;

use super::bench::{Bench, drive_until, in_frozen_time};
use crate::statement::Filter;
use crate::statement::history::{History, START, token};
use crate::statement::memory::Content;

#[test]
fn what_was_lost_at_the_end_is_fetched_although_nothing_comes_after_it() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let mut history = History::of_purchases(1, 3);
        history.push(2, EventKind::CardIssued, 0);
        history.push(2, EventKind::PaymentCaptured, 500);
        history.push(1, EventKind::PaymentCaptured, 700);
        bench.script.remember(&history);
        // The broker has lost the last event of each card, and of one of them everything.
        history.push(3, EventKind::CardIssued, 0);
        bench.script.remember(&history);
        bench.script.deliver(history.records().into_iter().take(4));
        bench.script.deliver([history.record(4)]);
        bench.reaches(5).await;
        assert_eq!(bench.content().lines.len(), 3);
        drive_until("all is there", || bench.content().shown() == whole(&history).shown()).await;
        let counted = bench.handle.statistics();
        assert_eq!((counted.n_behind, counted.n_held_cards), (3, 0), "{counted:?}");
        let (card, all) = (token(1), Filter { limit: 9, ..Filter::default() });
        let page = bench.handle.statement(&card, all).await.unwrap().unwrap();
        assert_eq!(page.lines.len(), 4);
        bench.close().await;
    });
}

/// Waits without letting time pass: the writer's thread is slow on a busy machine, not late.
async fn arrives(bench: &Bench, position: u64) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while bench.handle.freshness().applied_position < position {
        assert!(std::time::Instant::now() < deadline, "{position} does not arrive");
        tokio::task::yield_now().await;
    }
}

#[test]
fn what_is_still_on_its_way_is_not_missed() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 60);
        bench.script.remember(&history);
        let mut records = history.records().into_iter();
        bench.script.deliver(records.by_ref().take(5));
        arrives(&bench, 5).await;
        // One event in some seconds, while the rounds compare.
        for (record, position) in records.zip(6..) {
            bench.script.deliver([record]);
            arrives(&bench, position).await;
            tokio::time::advance(std::time::Duration::from_secs(3)).await;
        }
        assert_eq!(bench.handle.statistics().n_behind, 0);
        bench.close().await;
    });
}

#[test]
fn while_the_bank_is_away_nothing_is_missed_and_later_it_is_asked_again() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 2);
        bench.script.remember(&history);
        bench.script.take_past_away(true);
        bench.script.deliver(history.records().into_iter().take(2));
        bench.reaches(2).await;
        tokio::time::advance(std::time::Duration::from_secs(200)).await;
        assert_eq!(bench.handle.statistics().n_behind, 0);
        bench.script.take_past_away(false);
        drive_until("all is there", || bench.content().shown() == whole(&history).shown()).await;
        bench.close().await;
    });
}

fn whole(history: &History) -> Content {
    let mut content = Content::default();
    content.apply(&history.records(), START);
    content
}
