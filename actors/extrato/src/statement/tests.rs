//! The projection by tables and properties.

use bancada_kernel::{EventCard, EventKind, Shard, Timestamp};
use proptest::prelude::*;

use super::history::{History, START, at, garbled, token};
use super::memory::Content;
use super::{Cycle, LineKind, Step, project};
use crate::ports::{Offsets, Reached, SourceRecord};

#[test]
fn each_kind_of_event_has_its_line_and_its_effect_on_the_fatura() {
    let mut history = History::default();
    for (kind, minor) in [
        (EventKind::CardIssued, 0),
        (EventKind::PaymentAuthorized, 700),
        (EventKind::PaymentVoided, 700),
        (EventKind::PaymentCaptured, 5_000),
        (EventKind::PaymentDeclined, 9_000),
        (EventKind::PaymentRefunded, 1_500),
        (EventKind::CardStatusChanged, 0),
        (EventKind::PaymentAuthorized, 40),
        (EventKind::PaymentExpired, 40),
        (EventKind::PaymentOperationRefused, 9_000),
        (EventKind::CardLimitChanged, 2_000_000),
    ] {
        history.push(1, kind, minor);
    }
    let mut rows = Content::default();
    let applied = rows.apply(&history.records(), START);
    let lines: Vec<_> = rows.lines.values().map(|l| (l.position, l.kind, l.amount.minor)).collect();
    assert_eq!(
        lines,
        [
            (2, LineKind::Hold, 700),
            (3, LineKind::Void, 700),
            (4, LineKind::Purchase, 5_000),
            (5, LineKind::Decline, 9_000),
            (6, LineKind::Refund, 1_500),
            (8, LineKind::Hold, 40),
            (9, LineKind::Void, 40),
        ]
    );
    assert_eq!(rows.faturas.values().sum::<i64>(), 3_500);
    let card = &rows.cards[&token(1)];
    assert_eq!((card.sequence, card.position, card.now.balance.minor), (11, 11, 3_500));
    assert_eq!((applied.n_applied, applied.updates.len()), (11, 11));
    assert_eq!(last_of(&history).position, 11);
    assert_eq!(applied.reached, [(Shard::FIRST, last_of(&history))].into());
    let last = applied.updates.last().unwrap();
    assert_eq!((last.position, &last.line, last.card.available().minor), (11, &None, 1_996_500));
}

#[test]
fn a_fatura_holds_what_was_bought_before_its_closing_day() {
    // A purchase a day from 2026-11-11 on; the card closes on the 6th.
    let history = History::of_purchases(1, 40);
    let mut rows = Content::default();
    let applied = rows.apply(&history.records(), Timestamp(START.0 + 20 * 86_400_000));
    let faturas: Vec<_> =
        rows.faturas.iter().map(|((_, cycle), minor)| (cycle.year_month(), *minor)).collect();
    assert_eq!(faturas, [((2026, 12), 24_000), ((2027, 1), 16_000)]);
    // At the end of November the open fatura is the one that closes in December.
    assert_eq!(applied.updates.last().unwrap().card.current_fatura.minor, 24_000);
    assert_eq!(Cycle::at(START, 6).year_month(), (2026, 12));
}

fn last_of(history: &History) -> Reached {
    let last = history.events.last().unwrap();
    Reached { position: last.position, event: Some(last.hash()) }
}

/// What a Bank took before there were largest amounts.
#[test]
fn amounts_beyond_every_sum_are_shown_and_hold_up_no_card() {
    let mut history = History::default();
    history.push(1, EventKind::CardIssued, 0);
    for _ in 0..2 {
        history.push(1, EventKind::BillPaid, i64::MAX);
        history.push(1, EventKind::PaymentCaptured, i64::MAX);
    }
    history.push(2, EventKind::CardIssued, 0);
    history.push(2, EventKind::PaymentCaptured, 700);
    // All in one cycle.
    let first = history.events[0].occurred_at;
    history.events.iter_mut().for_each(|event| event.occurred_at = first);
    let mut rows = Content::default();
    let applied = rows.apply(&history.records(), first);
    assert_eq!((applied.n_applied, applied.n_held), (7, 0));
    assert_eq!(rows.lines.len(), 5);
    assert_eq!(rows.faturas.values().copied().collect::<Vec<_>>(), [i64::MAX, 700]);
    let credit = &applied.updates[1].card;
    assert_eq!(credit.state.now.balance.minor, -i64::MAX);
    assert_eq!(credit.available().minor, i64::MAX, "as much as can be told");
    assert_eq!(applied.updates.last().unwrap().card.available().minor, 999_300);
}

#[test]
fn cards_that_the_bank_does_not_know_leave_no_trace_but_the_offset() {
    let mut history = History::default();
    history.push_strangers();
    let mut rows = Content::default();
    let applied = rows.apply(&history.records(), START);
    assert_eq!((applied.n_applied, applied.n_held, applied.updates.len()), (0, 0, 0));
    let expected = Content {
        offsets: Offsets([(0, 2)].into()),
        progress: [(Shard::FIRST, last_of(&history))].into(),
        ..Content::default()
    };
    assert_eq!(rows, expected);
}

#[test]
fn a_card_is_unknown_to_the_bank_if_it_has_no_sequence_or_no_state() {
    let issued = &History::of_purchases(1, 0).events[0];
    let step = |change: fn(&mut EventCard)| {
        let mut event = issued.clone();
        event.card.as_mut().into_iter().for_each(change);
        project(0, &event)
    };
    assert!(matches!(step(|_| {}), Step::Apply { .. }));
    assert_eq!(step(|card| card.sequence = 0), Step::NoCard);
    assert_eq!(step(|card| card.after = None), Step::NoCard);
}

#[test]
fn a_duplicate_is_skipped_and_counted() {
    let history = History::of_purchases(1, 3);
    let mut rows = Content::default();
    rows.apply(&history.records(), START);
    let before = rows.clone();
    let applied = rows.apply(&history.records(), START);
    assert_eq!((applied.n_applied, applied.n_duplicates, applied.updates.len()), (0, 4, 0));
    assert_eq!(rows, before);
}

#[test]
fn a_gap_holds_its_card_and_no_other_until_it_is_filled() {
    let mut history = History::of_purchases(1, 3);
    history.push(2, EventKind::CardIssued, 0);
    let mut rows = Content::default();
    let mut records = history.records();
    let missed = SourceRecord { at: None, ..records.remove(1) };
    let applied = rows.apply(&records, START);
    assert_eq!((applied.n_applied, applied.n_held, applied.n_held_cards), (2, 2, 1));
    assert_eq!(rows.held, [(token(1), 4)].into());
    assert_eq!((rows.cards[&token(1)].sequence, rows.cards[&token(2)].sequence), (1, 1));
    // The missed event alone does not end the wait: what was held came before it.
    assert_eq!(rows.apply(&[missed], START).n_held_cards, 1);
    assert_eq!(rows.apply(&history.again(2), START).n_held_cards, 0);
    let mut whole = Content::default();
    whole.apply(&history.records(), START);
    assert_eq!(rows, whole);
}

#[test]
fn an_unreadable_record_is_kept_and_holds_only_its_card() {
    let mut history = History::of_purchases(1, 1);
    history.push(2, EventKind::CardIssued, 0);
    let mut records = history.records();
    records[1] = garbled(&records[1]);
    let mut rows = Content::default();
    let applied = rows.apply(&records, START);
    assert_eq!((applied.n_dead_letters, applied.n_applied, applied.n_held_cards), (1, 2, 1));
    assert_eq!(rows.dead_letters.keys().collect::<Vec<_>>(), [&Some(at(0, 2))]);
    assert_eq!((&rows.held, rows.offsets.0[&0]), (&[(token(1), 2)].into(), 3));
    assert_eq!(rows.apply(&history.again(1), START).n_held_cards, 0);
    assert_eq!(rows.lines.len(), 1);
}

/// A history of a few cards, of a hundred events or so.
fn any_history() -> impl Strategy<Value = History> {
    let kinds = proptest::sample::select(&EventKind::ALL[1..]);
    let step = (0_u8..4, kinds, 1_i64..100_000, 0_u8..12);
    proptest::collection::vec(step, 1..100).prop_map(|steps| {
        let mut history = History::default();
        for (card, kind, minor, strange) in steps {
            history.push(card, kind, minor);
            if strange == 0 {
                history.push_strangers();
            }
        }
        history
    })
}

/// The history in three partitions, by card; each with offsets of its own.
fn partitions(history: &History) -> Vec<Vec<SourceRecord>> {
    let mut partitions = vec![Vec::new(); 3];
    for event in &history.events {
        let key = event.card.as_ref().map_or(0, |card| {
            card.token.as_str().len() + card.token.as_str().as_bytes()[5] as usize
        });
        let partition = key % 3;
        let offset = partitions[partition].len() as u64;
        let at = at(u32::try_from(partition).unwrap(), offset);
        partitions[partition].push(SourceRecord { at: Some(at), event: Ok(event.clone()) });
    }
    partitions
}

/// Delivers all records in batches: partitions in any order, and again from any earlier place.
fn deliver(
    rows: &mut Content,
    partitions: &[Vec<SourceRecord>],
    plan: &[(usize, usize, usize)],
    spoil: impl Fn(&SourceRecord) -> Option<SourceRecord>,
) {
    let mut done = vec![0; partitions.len()];
    let rest = (0..partitions.len()).map(|partition| (partition, usize::MAX, 0));
    for (partition, n, back) in plan.iter().copied().chain(rest) {
        let records = &partitions[partition];
        let from = done[partition] - back.min(done[partition]);
        let to = from.saturating_add(n).min(records.len());
        let batch: Vec<_> = records[from..to].iter().filter_map(&spoil).collect();
        rows.apply(&batch, START);
        done[partition] = to.max(done[partition]);
    }
}

fn any_plan() -> impl Strategy<Value = Vec<(usize, usize, usize)>> {
    proptest::collection::vec((0_usize..3, 0_usize..12, 0_usize..8), 0..40)
}

proptest! {
    #[test]
    fn any_delivery_gives_the_same_rows(history in any_history(), plan in any_plan()) {
        let mut in_order = Content::default();
        in_order.apply(&history.records(), START);
        let mut rows = Content::default();
        deliver(&mut rows, &partitions(&history), &plan, |record| Some(record.clone()));
        prop_assert_eq!(rows.shown(), in_order.shown());
        prop_assert_eq!(rows.progress, in_order.progress);
        prop_assert!(rows.held.is_empty());
    }

    #[test]
    fn lost_and_unreadable_records_are_repaired_to_the_same_rows(
        history in any_history(),
        plan in any_plan(),
        lost in proptest::collection::hash_set(1_u64..130, 0..12),
        unreadable in proptest::collection::hash_set(1_u64..130, 0..12),
    ) {
        let mut in_order = Content::default();
        in_order.apply(&history.records(), START);
        let mut rows = Content::default();
        deliver(&mut rows, &partitions(&history), &plan, |record| {
            let position = record.event.as_ref().map_or(0, |event| event.position);
            if lost.contains(&position) {
                None
            } else if unreadable.contains(&position) {
                Some(garbled(record))
            } else {
                Some(record.clone())
            }
        });
        for (token, card) in &rows.cards {
            let sequence = card.sequence;
            prop_assert!(sequence <= in_order.cards[token].sequence);
            prop_assert!(rows.held.get(token).is_none_or(|needed| *needed > sequence));
        }
        rows.apply(&history.again(0), START);
        prop_assert_eq!(rows.shown(), in_order.shown());
        // Only a key of a card that the Bank does not know can wait for ever.
        prop_assert!(rows.held.keys().all(|held| *held == token(200)));
    }
}
