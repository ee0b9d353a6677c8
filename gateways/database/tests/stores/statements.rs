//! What every store of statements and its reader do, wherever they are kept.

use bancada_extrato::ports::{
    BankCard, Offsets, Reached, SourcePosition, SourceRecord, StatementReader, StatementStore,
    StoreError, Undecodable,
};
use bancada_extrato::statement::{
    Applied, BillOutcome, BillPayment, DeadLetter, Filter, HeldCard, LineKind,
};
use bancada_kernel::{
    CardToken, DeclineReason, EventKind, IdempotencyKey, Money, PaymentEvent, Shard, Timestamp,
    TraceContext,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::an_event::{HOUR, START, event, events, now, record, token};
use crate::place::{NewPlace, Place, contract};

contract! {
    cards_lines_and_offsets_survive_a_reopening
    a_held_card_is_listed_with_its_last_position_until_it_is_repaired
    a_card_goes_on_that_waits_for_what_does_not_exist
    an_unreadable_record_is_kept_once_with_its_bytes
    lines_are_filtered_and_paged
    a_batch_that_fails_leaves_nothing_behind
    a_card_that_is_behind_the_banks_waits
    cards_are_listed_by_holder_and_number
    a_text_may_hold_anything
    a_hold_stands_until_it_is_charged_or_released
    a_payment_of_a_bill_is_kept_once_and_settled_by_its_event
    any_batches_with_repetitions_give_the_same_rows
}

const TABLES: [&str; 8] = [
    "statement_card",
    "statement_line",
    "statement_fatura",
    "statement_held",
    "statement_open_hold",
    "statement_dead_letter",
    "statement_source",
    "statement_reached",
];

struct Bench {
    place: Place,
    store: Box<dyn StatementStore>,
    reader: Box<dyn StatementReader>,
}

impl Bench {
    fn new(place: NewPlace<'_>) -> Bench {
        Bench::on(place())
    }

    fn on(place: Place) -> Bench {
        let (opener, reader) = place.statements();
        Bench { place, store: opener.open().unwrap(), reader }
    }

    fn reopened(self) -> Bench {
        let Bench { place, store, reader } = self;
        drop((store, reader));
        Bench::on(place)
    }

    fn apply(&mut self, records: &[SourceRecord]) -> Applied {
        self.store.apply(records, now()).unwrap()
    }

    fn open_holds(&self, last: u64) -> Vec<u64> {
        self.reader.open_holds(&token(1), 1, last).unwrap()
    }

    fn lines(&self, card: u8, filter: Filter) -> Vec<u64> {
        let limit = if filter.limit == 0 { 50 } else { filter.limit };
        let lines = self.reader.lines(&token(card), &Filter { limit, ..filter }).unwrap();
        lines.into_iter().map(|line| line.position).collect()
    }

    /// Everything that is kept, as text.
    fn dump(&self) -> Vec<String> {
        self.place.dump(&TABLES)
    }
}

fn cards_lines_and_offsets_survive_a_reopening(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let applied = bench.apply(&events(1, 6));
    let last = events(1, 6).pop().unwrap().event.unwrap().hash();
    let reached = Reached { position: 6, event: Some(last) };
    assert_eq!((applied.n_applied, applied.reached), (6, [(Shard::FIRST, reached)].into()));
    let bench = &mut bench.reopened();
    assert_eq!(bench.store.offsets(), Ok(Offsets([(0, 6)].into())));
    assert_eq!(bench.store.progress(), Ok(vec![reached]));
    let card = bench.reader.card(&token(1), now()).unwrap().unwrap();
    assert_eq!((card.state.sequence, card.state.now.balance.minor), (6, 6));
    // Two purchases and a refund.
    assert_eq!(card.current_fatura, Money::brl(1_002 + 1_006 - 1_003));
    assert_eq!(bench.lines(1, Filter::default()), [6, 4, 3, 2]);
    let line = bench.reader.lines_after(&token(1), 1, 1).unwrap().remove(0);
    assert_eq!((line.kind, line.trace), (LineKind::Purchase, TraceContext::new(u128::MAX, 1)));
    assert_eq!(bench.apply(&events(1, 3)).n_duplicates, 3);
    assert_eq!(bench.store.offsets(), Ok(Offsets([(0, 3)].into())), "the source began anew");
    assert_eq!(bench.store.progress(), Ok(vec![reached]), "nothing is forgotten");
    assert_eq!(bench.reader.card(&token(2), now()), Ok(None));
}

fn a_held_card_is_listed_with_its_last_position_until_it_is_repaired(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let mut batch = events(1, 4);
    batch.remove(2);
    batch.push(record(event(2, 3, 5, "")));
    assert_eq!(bench.apply(&batch).n_held_cards, 2);
    let bench = &mut bench.reopened();
    let held =
        |token: CardToken, position, needed_sequence| HeldCard { token, position, needed_sequence };
    assert_eq!(bench.store.held(), Ok(vec![held(token(1), 2, 4), held(token(2), 0, 3)]));
    bench.apply(&events(1, 4));
    assert_eq!(bench.store.held(), Ok(vec![held(token(2), 0, 3)]));
}

fn a_card_goes_on_that_waits_for_what_does_not_exist(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.apply(&events(1, 2));
    let unreadable = |card| Undecodable { card, raw: Vec::new(), why: "spoiled".to_owned() };
    let spoiled = [Some(token(1)), Some(token(9))]
        .map(|card| SourceRecord { at: None, event: Err(unreadable(card)) });
    assert_eq!(bench.apply(&spoiled).n_held_cards, 2);
    let found = bench.store.held().unwrap();
    assert_eq!(found.len(), 2);
    let seen = record(event(1, 4, 9, "later"));
    assert_eq!(bench.apply(&[seen]).n_held_cards, 2);
    assert_eq!(bench.store.release(&found), Ok(1), "what was seen since is waited for");
    let mut bench = bench.reopened();
    assert_eq!(bench.store.held().unwrap()[0].token, token(1));
    let found = bench.store.held().unwrap();
    assert_eq!(bench.store.release(&found), Ok(1), "there are events before it");
}

fn an_unreadable_record_is_kept_once_with_its_bytes(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let at = Some(SourcePosition { partition: 3, offset: 0 });
    let undecodable =
        Undecodable { card: Some(token(1)), raw: vec![0xFF, 0], why: "not JSON".to_owned() };
    let record = SourceRecord { at, event: Err(undecodable) };
    for _ in 0..2 {
        assert_eq!(bench.apply(std::slice::from_ref(&record)).n_held_cards, 1);
    }
    let kept = bench.place.dump(&["statement_dead_letter"]);
    assert_eq!(kept.len(), 1);
    let has = |part: &str| kept[0].contains(part);
    assert!(has("card_1") && has("not JSON") && has("xff00"), "{kept:?}");
    assert_eq!(bench.store.offsets(), Ok(Offsets([(3, 0)].into())));
    // One that was read for repair has no place, and is another each time.
    let Err(undecodable) = record.event else { unreachable!() };
    bench.apply(&[SourceRecord { at: None, event: Err(undecodable.clone()) }]);
    let letters = bench.reader.dead_letters(0, 10).unwrap();
    let [first, second] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((first.at, second.at), (at, None));
    for letter in [first, second] {
        let Undecodable { card, raw, why } = &undecodable;
        assert_eq!((&letter.card, &letter.raw, &letter.why), (card, raw, why));
    }
    assert_eq!(bench.reader.dead_letters(first.id, 10).as_deref(), Ok(&letters[1..]));
    assert_eq!(bench.reader.dead_letters(0, 1).as_deref(), Ok(&letters[..1]));

    // Each waits until it was handed on, whichever process does that.
    assert_eq!(bench.store.waiting_dead_letters(1).as_deref(), Ok(&letters[..1]));
    let other =
        DeadLetter { at: Some(SourcePosition { partition: 3, offset: 1 }), ..first.clone() };
    bench.store.handed_on(&other).unwrap();
    assert_eq!(bench.store.waiting_dead_letters(1).as_deref(), Ok(&letters[..1]));
    bench.store.handed_on(first).unwrap();
    let mut bench = bench.reopened();
    assert_eq!(bench.store.waiting_dead_letters(9).as_deref(), Ok(&letters[1..]));
    // Read again, as after a rewind, it is the same row.
    bench.apply(&[SourceRecord { at, event: Err(undecodable.clone()) }]);
    assert_eq!(bench.store.waiting_dead_letters(9).as_deref(), Ok(&letters[1..]));
    bench.store.handed_on(second).unwrap();
    assert_eq!(bench.store.waiting_dead_letters(9), Ok(Vec::new()));
    assert_eq!(bench.reader.dead_letters(0, 9).as_deref(), Ok(&letters[..]), "they stay");
    assert_eq!(bench.store.discard_dead_letter(first.id), Ok(true));
    assert_eq!(bench.store.discard_dead_letter(first.id), Ok(false));
    assert_eq!(bench.reader.dead_letters(0, 10).as_deref(), Ok(&letters[1..]));
}

fn lines_are_filtered_and_paged(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let mut batch = events(1, 12);
    batch.push(record(event(1, 13, 13, "")));
    batch.push(record(event(1, 14, 14, r"100%_ no C:\Preço")));
    batch.push(record(event(2, 1, 15, "")));
    batch.push(record(event(2, 2, 16, "Pão")));
    bench.apply(&batch);
    let search = |text: &str| Filter { search: Some(text.to_owned()), ..Filter::default() };
    let at = |n: i64| Some(Timestamp(START + n * HOUR));
    for (filter, expected) in [
        (Filter { limit: 3, ..Filter::default() }, &[14, 12, 11][..]),
        (Filter { limit: 3, before: Some(11), ..Filter::default() }, &[10, 8, 7]),
        (Filter { kind: Some(LineKind::Refund), ..Filter::default() }, &[11, 7, 3]),
        (Filter { from: at(7), to: at(10), ..Filter::default() }, &[8, 7]),
        (search("NUMERO 1"), &[12, 11, 10]),
        (search("esquina"), &[14, 12, 11, 10, 8, 7, 6, 4, 3, 2]),
        (search("  Preço "), &[14]),
        (search(r"c:\"), &[14]),
        (search("%"), &[14]),
        (search("_"), &[14]),
        (search("1__%"), &[]),
        (search("nada"), &[]),
        (Filter { kind: Some(LineKind::Purchase), ..search("pao numero 2") }, &[2]),
    ] {
        assert_eq!(bench.lines(1, filter.clone()), expected, "{filter:?}");
    }
    assert_eq!(bench.lines(2, Filter::default()), [16]);
}

fn a_batch_that_fails_leaves_nothing_behind(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.apply(&events(1, 2));
    let before = bench.dump();
    let mut batch = events(1, 8);
    // No store has a number for it.
    batch[7].event.as_mut().unwrap().position = u64::MAX;
    assert!(matches!(bench.store.apply(&batch, now()), Err(StoreError::Failed(_))));
    assert_eq!(bench.dump(), before);
    assert_eq!(bench.apply(&events(1, 8)).n_applied, 6);
}

fn a_card_that_is_behind_the_banks_waits(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.apply(&events(1, 3));
    let at_the_bank = |card, sequence| BankCard { token: token(card), sequence };
    let cards = [at_the_bank(1, 3), at_the_bank(2, 4)];
    assert_eq!(bench.store.hold_behind(&cards), Ok(1));
    assert_eq!(bench.store.hold_behind(&[at_the_bank(1, 5), at_the_bank(2, 9)]), Ok(1));
    let held = bench.reopened().store.held().unwrap();
    let held: Vec<_> = held.into_iter().map(|it| (it.token, it.needed_sequence)).collect();
    assert_eq!(held, [(token(1), 5), (token(2), 4)]);
}

fn cards_are_listed_by_holder_and_number(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    for (card, holder) in [(1, "Ana"), (2, "ana"), (3, "Ana"), (4, "Aba"), (5, "Ábaco")] {
        let mut event = event(card, 1, u64::from(card), "");
        let after = event.card.as_mut().and_then(|card| card.after.as_mut()).unwrap();
        after.holder = holder.to_owned();
        bench.apply(&[record(event)]);
    }
    let listed = |after: Option<u8>, limit| -> Vec<_> {
        let after = after.map(token);
        let cards = bench.reader.cards(now(), after.as_ref(), limit).unwrap();
        cards.into_iter().map(|card| card.state.token).collect()
    };
    assert_eq!(listed(None, 9), [4, 3, 1, 2, 5].map(token));
    // In pages: each begins after the last of the one before.
    assert_eq!(listed(None, 2), [4, 3].map(token));
    assert_eq!(listed(Some(3), 2), [1, 2].map(token));
    assert_eq!(listed(Some(2), 2), [5].map(token));
    assert_eq!(listed(Some(5), 2), []);
    assert_eq!(listed(Some(9), 2), [], "after a card that is not there");
}

fn a_text_may_hold_anything(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    let odd = "a\0b 'c' \"d\" \u{1F4B3} \\";
    let mut spent = event(1, 2, 2, odd);
    let after = spent.card.as_mut().and_then(|card| card.after.as_mut()).unwrap();
    after.holder = odd.to_owned();
    let why = odd.to_owned();
    let undecodable = Undecodable { card: None, raw: odd.as_bytes().to_vec(), why };
    let at = Some(SourcePosition { partition: 1, offset: 7 });
    let spoiled = SourceRecord { at, event: Err(undecodable) };
    bench.apply(&[record(event(1, 1, 1, "")), record(spent), spoiled]);
    let card = bench.reader.card(&token(1), now()).unwrap().unwrap();
    assert_eq!(card.state.now.holder, odd);
    let line = bench.reader.lines_after(&token(1), 0, 9).unwrap().remove(0);
    assert_eq!(line.description, odd);
    for search in ["A\0B", "'c' \"D\"", "\u{1F4B3} \\"] {
        let search = Some(search.to_owned());
        assert_eq!(bench.lines(1, Filter { search, ..Filter::default() }), [2]);
    }
}

/// A step of a payment of the first card, which holds so much after it.
fn step(kind: EventKind, payment: u64, sequence: u64, held: i64) -> SourceRecord {
    let of = event(1, payment, payment, "").transaction_id;
    let mut step = PaymentEvent { kind, transaction_id: of, ..event(1, sequence, sequence, "") };
    let after = step.card.as_mut().and_then(|card| card.after.as_mut());
    after.unwrap().held = Money::brl(held);
    record(step)
}

fn a_hold_stands_until_it_is_charged_or_released(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.apply(&events(1, 1));
    let begun = [2, 3, 4].map(|n| step(EventKind::PaymentAuthorized, n, n, 10));
    bench.apply(&begun);
    assert_eq!((bench.open_holds(9), bench.open_holds(3)), (vec![2, 3, 4], vec![2, 3]));
    bench.apply(&[step(EventKind::PaymentCaptured, 3, 5, 10)]);
    bench.apply(&begun);
    let mut bench = bench.reopened();
    assert_eq!(bench.open_holds(9), [2, 4], "what is told again does not begin again");
    // One that begins and ends in the same batch, beside one that ends alone.
    bench.apply(&[
        step(EventKind::PaymentVoided, 2, 6, 10),
        step(EventKind::PaymentAuthorized, 7, 7, 20),
        step(EventKind::PaymentCaptured, 7, 8, 10),
        // Charged at once, while another is held.
        step(EventKind::PaymentCaptured, 9, 9, 10),
    ]);
    assert_eq!(bench.open_holds(9), [4]);
    bench.apply(&[step(EventKind::PaymentExpired, 4, 10, 0)]);
    assert_eq!(bench.open_holds(10), Vec::<u64>::new());
}

fn a_payment_of_a_bill_is_kept_once_and_settled_by_its_event(place: NewPlace<'_>) {
    let mut bench = Bench::new(place);
    bench.apply(&events(1, 1));
    let bill = |key: &str| BillPayment {
        key: IdempotencyKey::parse(key).unwrap(),
        token: token(1),
        amount: Money::brl(500),
        asked_at: now(),
        outcome: BillOutcome::Pending,
        trace: TraceContext::new(7, 1),
    };
    let (first, second) = (bill("bill-1"), bill("bill-2"));
    assert_eq!(bench.store.keep_bill(&first), Ok(None));
    assert_eq!(bench.store.keep_bill(&second), Ok(None));
    let mut bench = bench.reopened();
    let other = BillPayment { amount: Money::brl(501), ..first.clone() };
    assert_eq!(bench.store.keep_bill(&other), Ok(Some(first.clone())));
    assert_eq!(bench.store.open_bills(), Ok(vec![first.clone(), second.clone()]));
    let mut paid = event(1, 2, 2, "");
    (paid.kind, paid.order_id) = (EventKind::BillPaid, "bill-1".to_owned());
    paid.amount = first.amount;
    let mut strange = event(1, 3, 3, "");
    (strange.kind, strange.order_id) = (EventKind::BillPaid, "bill-9".to_owned());
    bench.apply(&[record(paid), record(strange)]);
    let mut bench = bench.reopened();
    assert_eq!(bench.store.open_bills(), Ok(vec![second.clone()]));
    let first = BillPayment { outcome: BillOutcome::Paid, ..first };
    assert_eq!(bench.store.keep_bill(&other), Ok(Some(first.clone())));
    // Nobody asked for the last one here; whoever repeats it is led to its answer.
    let [strange, rest @ ..] = &bench.reader.bills(&token(1), 9).unwrap()[..] else { panic!() };
    assert_eq!((strange.key.as_str(), strange.outcome), ("bill-9", BillOutcome::Paid));
    assert_eq!(rest, [second, first]);
    let again = BillPayment { outcome: BillOutcome::Pending, ..strange.clone() };
    assert_eq!(bench.store.keep_bill(&again), Ok(Some(strange.clone())));
    // What no event will tell.
    let refused = BillOutcome::Refused(DeclineReason::NotPermitted);
    bench.store.settle_bill(&BillPayment { outcome: refused, ..rest[0].clone() }).unwrap();
    assert_eq!(bench.store.open_bills(), Ok(vec![]));
    assert_eq!(bench.reader.bills(&token(1), 2).unwrap()[1].outcome, refused);
    assert_eq!(bench.reader.bills(&token(2), 9), Ok(vec![]));
}

fn any_batches_with_repetitions_give_the_same_rows(place: NewPlace<'_>) {
    // Two cards in turn.
    let records: Vec<_> = (1_u64..=40)
        .map(|n| record(event(1 + u8::from(n % 2 == 0), n.div_ceil(2), n, "x")))
        .collect();
    let mut whole = Bench::new(place);
    whole.apply(&records);
    let expected = whole.dump();
    let cuts = proptest::collection::vec((0_usize..40, 0_usize..10), 0..12);
    let mut runner = TestRunner::new(Config::with_cases(16));
    let result = runner.run(&cuts, |cuts| {
        let mut bench = Bench::new(place);
        let mut done = 0;
        for (to, back) in cuts {
            let from = done - back.min(done);
            bench.apply(&records[from..to.max(from)]);
            done = done.max(to);
        }
        bench.apply(&records[done..]);
        prop_assert_eq!(bench.dump(), expected.clone());
        Ok(())
    });
    result.unwrap();
}
