//! Following the source through cuts, restarts and failures.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::bench::{Bench, drive_until, in_frozen_time};
use crate::ports::{SourcePosition, StoreError};
use crate::statement::Filter;
use crate::statement::history::{History, START, token};
use crate::statement::memory::Content;
use crate::{Limits, ReadError};

fn whole(history: &History) -> Content {
    let mut content = Content::default();
    content.apply(&history.records(), START);
    content
}

#[test]
fn events_become_statements_and_the_freshness_says_how_far() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let before = bench.handle.freshness();
        assert_eq!((before.applied_position, before.heard_at), (0, None));
        let mut watch = bench.handle.watch_freshness();
        let history = History::of_purchases(1, 7);
        bench.script.remember(&history);
        bench.script.deliver(history.records());
        bench.reaches(8).await;
        let freshness = bench.handle.freshness();
        assert_eq!((freshness.committed_position, freshness.connected), (8, true));
        assert_eq!(freshness.heard_at, Some(START));
        assert!(watch.changed().await.is_some());
        let filter = |before| Filter { limit: 3, before, ..Filter::default() };
        let mut pages = Vec::new();
        let mut next = None;
        loop {
            let page = bench.handle.statement(&token(1), filter(next)).await.unwrap().unwrap();
            assert_eq!(page.card, bench.handle.cards(None, 200).await.unwrap().cards[0]);
            pages.push(page.lines.iter().map(|line| line.position).collect::<Vec<_>>());
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(pages, [vec![8, 7, 6], vec![5, 4, 3], vec![2]]);
        assert_eq!(bench.handle.statement(&token(9), filter(None)).await, Ok(None));
        assert_eq!(bench.handle.statistics().n_applied, 8);
        bench.close().await;
    });
}

#[test]
fn a_list_is_never_called_fresher_than_it_is() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 9);
        bench.script.deliver(history.records().into_iter().take(4));
        bench.reaches(4).await;
        let handle = bench.handle.clone();
        let mut listing = pin!(handle.cards(None, 200));
        assert!(poll_fn(|ctx| Poll::Ready(listing.as_mut().poll(ctx).is_pending())).await);
        drive_until("the rows are read", || bench.disk.n_lists() == 1).await;
        bench.script.deliver(history.records().into_iter().skip(4));
        bench.reaches(10).await;
        let list = listing.await.unwrap();
        assert_eq!((list.cards[0].state.position, list.freshness.applied_position), (4, 4));
        bench.close().await;
    });
}

#[test]
fn a_source_that_is_cut_is_told_and_caught_up_with() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 9);
        bench.script.deliver(history.records().into_iter().take(4));
        bench.reaches(4).await;
        bench.script.cut(true);
        drive_until("it is told", || !bench.handle.freshness().connected).await;
        bench.script.deliver(history.records().into_iter().skip(4));
        assert_eq!(bench.handle.freshness().applied_position, 4);
        bench.script.cut(false);
        bench.reaches(10).await;
        assert!(bench.handle.freshness().connected);
        assert_eq!(bench.content(), whole(&history));
        assert_eq!(bench.script.opened_after(), [None, Some(4)]);
        bench.close().await;
    });
}

#[test]
fn a_restart_goes_on_where_the_rows_end() {
    in_frozen_time(async {
        let history = History::of_purchases(1, 9);
        let first = Bench::open().await;
        first.script.deliver(history.records().into_iter().take(5));
        first.reaches(5).await;
        let (disk, script) = (first.disk.clone(), first.script.clone());
        first.close().await;
        script.deliver(history.records().into_iter().skip(5));
        script.cut(true);
        let second = Bench::open_on(disk, script, Limits::default()).await;
        // What is kept is known before the source is.
        second.reaches(5).await;
        second.script.cut(false);
        second.reaches(10).await;
        assert_eq!(second.content(), whole(&history));
        assert_eq!(second.script.opened_after(), [None, Some(5)]);
        assert_eq!(second.handle.statistics().n_duplicates, 0);
        second.close().await;
    });
}

#[test]
fn a_bank_with_another_past_is_not_followed_until_it_has_the_same_again() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 9);
        let records = history.records();
        bench.script.remember(&history);
        bench.script.deliver(records[..5].to_vec());
        bench.reaches(5).await;
        let before = bench.content();
        // The Bank lost its end, and took new payments.
        bench.script.cut(true);
        drive_until("it is told", || !bench.handle.freshness().connected).await;
        bench.script.remember(&History::of_purchases(2, 30));
        bench.script.deliver(records[5..].to_vec());
        bench.script.cut(false);
        drive_until("it is known", || bench.handle.freshness().is_of_other_past).await;
        let why = bench.handle.other_past().unwrap();
        assert!(why.contains("at 5"), "{why}");
        assert_eq!(bench.script.opened_after().len(), 1, "nothing is asked for");
        assert_eq!(bench.content(), before);
        // A Bank that is away is not one that has the same past.
        bench.script.take_past_away(true);
        bench.crash("extrato/follower").await;
        assert!(bench.handle.freshness().is_of_other_past);
        bench.script.take_past_away(false);
        bench.script.remember(&history);
        bench.reaches(10).await;
        assert!(!bench.handle.freshness().is_of_other_past);
        assert_eq!(bench.content(), whole(&history));
        bench.close().await;
    });
}

#[test]
fn a_broker_that_goes_on_does_not_hide_that_the_bank_has_another_past() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        bench.script.be_a_broker();
        let history = History::of_purchases(1, 9);
        let records = history.records();
        bench.script.remember(&history);
        bench.script.deliver(records[..5].to_vec());
        bench.reaches(5).await;
        let is_asked = || bench.handle.freshness().committed_position == 10;
        drive_until("the bank is asked", is_asked).await;
        bench.script.remember(&History::of_purchases(2, 30));
        drive_until("it is known", || bench.handle.freshness().is_of_other_past).await;
        bench.script.deliver(records[5..].to_vec());
        drive_until("it is not followed", || !bench.handle.freshness().connected).await;
        assert_eq!(bench.content().progress.values().next().unwrap().position, 5);
        bench.script.remember(&history);
        bench.reaches(10).await;
        assert_eq!(bench.content(), whole(&history));
        bench.close().await;
    });
}

#[test]
fn a_broker_with_another_event_where_one_was_read_is_not_followed_while_the_bank_is_away() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        bench.script.be_a_broker();
        let history = History::of_purchases(1, 9);
        bench.script.remember(&history);
        bench.script.deliver(history.records()[..5].to_vec());
        bench.reaches(5).await;
        let before = bench.content();
        bench.script.take_past_away(true);
        // Of another card, whose sequence goes on: nothing in the rows is against it.
        let mut records = History::of_purchases(2, 30).records().split_off(3);
        for (record, offset) in records.iter_mut().zip(6..) {
            record.at = Some(SourcePosition { partition: 0, offset });
        }
        bench.script.deliver(records);
        drive_until("it is known", || bench.handle.freshness().is_of_other_past).await;
        let why = bench.handle.other_past().unwrap();
        assert!(why.contains("the event at position 4 is another one"), "{why}");
        assert_eq!(bench.content(), before);
        bench.close().await;
    });
}

#[test]
fn crashes_of_any_child_lose_and_double_nothing() {
    for child in ["extrato/projector", "extrato/follower", "extrato/repairer"] {
        in_frozen_time(async {
            let bench = Bench::open().await;
            let history = History::of_purchases(1, 20);
            for record in history.records() {
                let position = record.at.unwrap().offset;
                bench.script.deliver([record]);
                if position % 7 == 0 {
                    bench.crash(child).await;
                }
                bench.reaches(position).await;
            }
            assert_eq!(bench.content(), whole(&history));
            bench.close().await;
        });
    }
}

#[test]
fn a_disk_without_room_stops_the_statement_until_there_is_some() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 5);
        bench.disk.set_fault(Some(StoreError::Full));
        bench.script.deliver(history.records());
        drive_until("it tries again", || bench.script.opened_after().len() > 2).await;
        assert_eq!(bench.handle.freshness().applied_position, 0);
        assert_eq!(bench.disk.n_opened(), 1);
        bench.disk.set_fault(None);
        bench.reaches(6).await;
        assert_eq!(bench.content(), whole(&history));
        bench.close().await;
    });
}

#[test]
fn a_store_that_fails_is_opened_again() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = History::of_purchases(1, 5);
        bench.disk.set_fault(Some(StoreError::Failed("the disk is gone".to_owned())));
        bench.script.deliver(history.records());
        drive_until("it is opened again", || bench.disk.n_opened() == 2).await;
        bench.disk.set_fault(None);
        bench.reaches(6).await;
        assert_eq!(bench.content(), whole(&history));
        bench.close().await;
    });
}

#[test]
fn more_readers_than_may_are_refused_at_once() {
    in_frozen_time(async {
        let limits = Limits { max_readers: 0, ..Limits::default() };
        let bench = Bench::open_on(Default::default(), super::source::Script::new(), limits).await;
        assert_eq!(bench.handle.cards(None, 200).await, Err(ReadError::Overloaded));
        bench.close().await;
    });
}
