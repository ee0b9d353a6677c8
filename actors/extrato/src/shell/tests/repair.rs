//! Events that were lost or spoiled on their way.

use bancada_kernel::EventKind;

use super::bench::{Bench, drive_until, in_frozen_time};
use crate::statement::history::{History, garbled, token};

/// Two cards, whose events alternate from position 3 on.
fn two_cards() -> History {
    let mut history = History::default();
    history.push(1, EventKind::CardIssued, 0);
    history.push(2, EventKind::CardIssued, 0);
    for n in 0..12 {
        history.push(1 + n % 2, EventKind::PaymentCaptured, 1_000);
    }
    history
}

#[test]
fn a_gap_is_repaired_while_other_cards_go_on() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = two_cards();
        bench.script.remember(&history);
        bench.script.take_past_away(true);
        let mut records = history.records();
        // The first purchase with card 1.
        records.remove(2);
        bench.script.deliver(records);
        bench.reaches(14).await;
        let content = bench.content();
        assert_eq!(content.cards[&token(1)].sequence, 1);
        assert_eq!(content.cards[&token(2)].sequence, 7);
        let counted = bench.handle.statistics();
        assert_eq!((counted.n_held, counted.n_held_cards), (5, 1));
        bench.script.take_past_away(false);
        drive_until("it is repaired", || bench.content().held.is_empty()).await;
        assert_eq!(bench.content().cards[&token(1)].sequence, 7);
        assert_eq!(bench.content().lines.len(), 12);
        assert_eq!(bench.content().offsets.0, [(0, 14)].into(), "a repair moves no offset");
        assert_eq!(bench.handle.statistics().n_held_cards, 0);
        bench.close().await;
    });
}

#[test]
fn an_unreadable_record_holds_its_card_until_it_is_repaired() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = two_cards();
        bench.script.take_past_away(true);
        bench.script.remember(&history);
        let mut records = history.records();
        let last = records.last_mut().unwrap();
        *last = garbled(last);
        bench.script.deliver(records);
        drive_until("it is held", || bench.content().held.contains_key(&token(2))).await;
        assert_eq!(bench.content().cards[&token(1)].sequence, 7);
        bench.script.take_past_away(false);
        drive_until("it is repaired", || bench.content().held.is_empty()).await;
        assert_eq!(bench.content().cards[&token(2)].sequence, 7);
        assert_eq!(bench.content().dead_letters.len(), 1);
        assert_eq!(bench.handle.statistics().n_dead_letters, 1);
        bench.close().await;
    });
}

#[test]
fn an_unreadable_record_that_adds_nothing_holds_no_card_for_ever() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = two_cards();
        bench.script.remember(&history);
        let mut records = history.records();
        // A copy of what was applied, and something of a card that the Bank does not know.
        let copy = garbled(records.last().unwrap());
        let mut of_a_stranger = copy.clone();
        if let Err(undecodable) = &mut of_a_stranger.event {
            undecodable.card = Some(token(9));
        }
        for (record, offset) in [copy, of_a_stranger].into_iter().zip(15..) {
            let at = record.at.map(|at| crate::ports::SourcePosition { offset, ..at });
            records.push(crate::ports::SourceRecord { at, ..record });
        }
        bench.script.deliver(records);
        drive_until("both are seen", || bench.content().dead_letters.len() == 2).await;
        drive_until("nobody waits", || bench.content().held.is_empty()).await;
        drive_until("and is counted", || bench.handle.statistics().n_held_cards == 0).await;
        assert_eq!(bench.content().lines.len(), 12);
        bench.close().await;
    });
}

#[test]
fn a_card_of_which_a_later_event_was_seen_goes_on_waiting() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = two_cards();
        let mut records = history.records();
        // The Bank has forgotten the first purchase with card 1, and what came after it.
        let mut past = history.clone();
        past.events.truncate(2);
        bench.script.remember(&past);
        records.remove(2);
        bench.script.deliver(records);
        bench.reaches(14).await;
        for _ in 0..200 {
            tokio::task::yield_now().await;
            tokio::time::advance(std::time::Duration::from_millis(100)).await;
        }
        assert!(bench.content().held.contains_key(&token(1)));
        bench.close().await;
    });
}

#[test]
fn a_card_that_was_held_before_a_restart_is_repaired_after_it() {
    in_frozen_time(async {
        let first = Bench::open().await;
        first.script.take_past_away(true);
        let history = two_cards();
        first.script.remember(&history);
        first.script.deliver(history.records().into_iter().skip(2));
        first.reaches(14).await;
        assert_eq!(first.content().held.len(), 2);
        let (disk, script) = (first.disk.clone(), first.script.clone());
        first.close().await;
        script.take_past_away(false);
        let second = Bench::open_on(disk, script, crate::Limits::default()).await;
        drive_until("both are repaired", || second.content().held.is_empty()).await;
        assert_eq!(second.content().lines.len(), 12);
        second.close().await;
    });
}

#[test]
fn what_is_delivered_twice_is_counted_and_shown_once() {
    in_frozen_time(async {
        let bench = Bench::open().await;
        let history = two_cards();
        let mut twice = Vec::new();
        for (n, record) in (1..).zip(history.records()) {
            for copy in [2 * n - 1, 2 * n] {
                let at = record.at.map(|at| crate::ports::SourcePosition { offset: copy, ..at });
                twice.push(crate::ports::SourceRecord { at, ..record.clone() });
            }
        }
        bench.script.deliver(twice);
        drive_until("all are seen", || bench.content().offsets.0.get(&0) == Some(&28)).await;
        bench.reaches(14).await;
        assert_eq!(bench.content().lines.len(), 12);
        drive_until("all are counted", || bench.handle.statistics().n_duplicates == 14).await;
        bench.close().await;
    });
}
