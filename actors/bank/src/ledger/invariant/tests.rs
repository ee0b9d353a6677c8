//! Whether the invariants find what is wrong: faults that are planted into a life that is right.

use super::*;
use crate::ledger::fixture::Bench;

/// Entries of a life: 0 card, 1 sale, 2 hold, 3 capture, 4 refund, 5 hold, 6 void, 7 refusal,
/// 8 bill.
fn a_life() -> Bench {
    let mut bench = Bench::with_card(1000);
    bench.authorize(&Bench::sale("sale", 10)).unwrap();
    let id = bench.hold("hold", 100);
    bench.capture(&Bench::capture_of("capture", id, 60)).unwrap().unwrap();
    bench.refund(&Bench::refund_of("refund", id, 20)).unwrap().unwrap();
    let id = bench.hold("given-up", 30);
    bench.void(&Bench::void_of("void", id)).unwrap().unwrap();
    bench.capture(&Bench::capture_of("too-late", id, 30)).unwrap().unwrap_err();
    bench.pay_bill(&Bench::bill("bill", 40)).unwrap();
    bench.check();
    bench
}

fn card(entries: &mut [Entry], at: usize) -> &mut CardSnapshot {
    entries[at].event.card.as_mut().unwrap().after.as_mut().unwrap()
}

fn kind(entries: &mut [Entry], at: usize, kind: EventKind) {
    entries[at].event.kind = kind;
}

fn amount(entries: &mut [Entry], at: usize, minor: i64) {
    entries[at].event.amount.minor = minor;
}

/// Whether there is a breach of this invariant that says this.
fn is_found(found: &[Breach], (id, words): (&str, &str)) -> bool {
    found.iter().any(|breach| breach.id == id && breach.what.contains(words))
}

#[test]
fn each_planted_fault_is_caught_by_its_invariant() {
    use EventKind::{PaymentAuthorized, PaymentCaptured, PaymentExpired, PaymentRefunded};
    type Fault = fn(&mut Vec<Entry>);
    let faults: &[((&str, &str), Fault)] = &[
        (("L1", "postings at 2 sum to 1"), |it| it[1].postings[0].amount_minor += 1),
        (("L1", "postings at 5 sum to -1"), |it| it[4].postings[1].amount_minor -= 1),
        (("L2", "card tok: -10 available at 2"), |it| card(it, 1).limit.minor = 0),
        (("L2", "approval at 3 without a card"), |it| it[2].event.card = None),
        (("L2", "approval at 4 without a card"), |it| it[3].event.card = None),
        (("L3", "key sale acted at 2 and at 3"), |it| it[2].request = it[1].request.clone()),
        (("L3", "the answer to key capture"), |it| it[3].request.as_mut().unwrap().body = None),
        (("L3", "the answer to key too-late"), |it| it[7].refusal = None),
        (("L3", "bill bill acted at 9 and at 9"), |it| it.push(it[8].clone())),
        (("L3", "bill bill is not known"), |it| amount(it, 8, 41)),
        (("L4", "captured 101 of 100"), |it| amount(it, 3, 101)),
        (("L4", "captured -1 of 100"), |it| amount(it, 3, -1)),
        (("L4", "captured 60 of 0"), |it| kind(it, 2, PaymentRefunded)),
        // Twice, though not more than was authorized.
        (("L4", "captured 80 of 100"), |it| kind(it, 4, PaymentCaptured)),
        (("L4", "captured and released"), |it| kind(it, 7, PaymentCaptured)),
        (("L4", "captured and released"), |it| kind(it, 4, PaymentExpired)),
        (("L4", "refunded 61 of 60"), |it| amount(it, 4, 61)),
        (("L4", "refunded 30 of 0"), |it| kind(it, 6, PaymentRefunded)),
        (("L4", "totals (60, 0) at 4"), |it| amount(it, 3, 59)),
        (("L4", "totals (60, 20) at 5"), |it| amount(it, 4, 19)),
        (("L4", "totals (0, 0) at 7"), |it| kind(it, 6, PaymentCaptured)),
        (("L4", "the ledger remembers (10, 0)"), |it| kind(it, 1, PaymentAuthorized)),
        (("L4", "card tok: 49 after 50 at 7"), |it| card(it, 6).balance.minor -= 1),
        (("L4", "card tok: -1 after 0 at 1"), |it| card(it, 0).balance.minor -= 1),
        (("L5", "card tok: 4 follows 2"), |it| it[2].event.card.as_mut().unwrap().sequence += 1),
        (("L5", "position 3 where 2 belongs"), |it| drop(it.remove(1))),
        (("L6", "replay of 8 entries"), |it| drop(it.pop())),
        (("L6", "replay of 9 entries"), |it| amount(it, 2, 101)),
    ];
    for (expected, plant) in faults {
        let mut bench = a_life();
        plant(&mut bench.entries);
        let found = check(&bench.ledger, &bench.entries);
        assert!(is_found(&found, *expected), "{expected:?}: {found:?}");
    }
}

#[test]
fn a_state_that_the_entries_do_not_explain_is_caught() {
    type Fault = fn(&mut Ledger);
    // What the state says of itself, and what only the entries say.
    let by_itself: &[((&str, &str), Fault)] = &[
        (("L1", "the ledger sums to 3"), |it| it.books_mut().for_each(|(_, sum)| *sum += 1)),
        (("L1", "card tok: balance 11"), |it| it.cards_mut().for_each(|it| it.balance.minor += 1)),
        (("L1", "merchant loja: owed 50, posted -100"), |it| {
            it.books_mut().for_each(|(_, sum)| *sum *= 2);
        }),
        (("L2", "card tok: holds 1"), |it| it.cards_mut().for_each(|it| it.held.minor += 1)),
    ];
    let by_entries: &[((&str, &str), Fault)] = &[
        (("L3", "the answer to key"), Ledger::forget_answers),
        (("L4", "the ledger remembers (11, 0)"), |it| {
            it.payments_mut().for_each(|it| it.captured_minor += 1);
        }),
        (("L4", "the ledger remembers (10, 1)"), |it| {
            it.payments_mut().for_each(|it| it.refunded_minor += 1);
        }),
        (("L6", "replay of 9 entries"), |it| it.payments_mut().for_each(|it| it.position += 1)),
    ];
    for (expected, plant) in by_itself.iter().chain(by_entries) {
        let mut bench = a_life();
        plant(&mut bench.ledger);
        let found = check(&bench.ledger, &bench.entries);
        assert!(is_found(&found, *expected), "{expected:?}: {found:?}");
    }
    assert_eq!(check_state(&a_life().ledger), []);
    for (expected, plant) in by_itself {
        let mut bench = a_life();
        plant(&mut bench.ledger);
        let found = check_state(&bench.ledger);
        assert!(is_found(&found, *expected), "{expected:?}: {found:?}");
    }
}
