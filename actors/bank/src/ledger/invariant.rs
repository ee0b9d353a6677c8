//! What must always hold, as named predicates. Tests, simulation and audit use these same ones.

use std::collections::HashMap;

use bancada_kernel::CardToken;

use super::entry::Entry;
use super::payment::PaymentStatus;
use super::posting::Account;
use super::state::Ledger;

/// An invariant that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {what}")]
pub struct Breach {
    /// `L1` to `L6`.
    pub id: &'static str,
    /// What was found.
    pub what: String,
}

/// Checks L1 to L6 of a ledger against the entries it was made of, from the first on.
pub fn check(ledger: &Ledger, entries: &[Entry]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |id, what: String| breaches.push(Breach { id, what });
    l1_postings_sum_to_zero(ledger, entries, &mut breach);
    l2_no_approval_exceeds_the_limit(ledger, entries, &mut breach);
    l3_a_key_has_one_effect(entries, &mut breach);
    l4_captured_within_authorized(ledger, &mut breach);
    l5_card_sequences_are_contiguous(entries, &mut breach);
    l6_replay_gives_the_same_state(ledger, entries, &mut breach);
    breaches
}

/// Every transaction's postings sum to zero, and so does the ledger; a card's balance is what
/// was posted to it.
fn l1_postings_sum_to_zero(
    ledger: &Ledger,
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    for entry in entries {
        let sum: i128 = entry.postings.iter().map(|p| i128::from(p.amount_minor)).sum();
        if sum != 0 {
            breach("L1", format!("postings at {} sum to {sum}", entry.event.position));
        }
    }
    let total: i128 = ledger.books().map(|(_, sum)| i128::from(sum)).sum();
    if total != 0 {
        breach("L1", format!("the ledger sums to {total}"));
    }
    let books: HashMap<&Account, i64> = ledger.books().collect();
    for card in ledger.cards() {
        let posted = books.get(&Account::Card(card.token.clone())).copied().unwrap_or(0);
        if posted != card.balance.minor {
            let balance = card.balance.minor;
            breach("L1", format!("card {}: balance {balance}, posted {posted}", card.token));
        }
    }
}

/// limit - balance - holds is never negative because of an approval.
fn l2_no_approval_exceeds_the_limit(
    ledger: &Ledger,
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    for entry in entries.iter().filter(|e| e.request.is_some() && e.event.decline.is_none()) {
        let after = entry.event.card.as_ref().and_then(|card| card.after.as_ref());
        let available = after.map(|card| card.limit.minor - card.balance.minor - card.held.minor);
        if available.is_none_or(|minor| minor < 0) {
            breach("L2", format!("approval at {} leaves {available:?}", entry.event.position));
        }
    }
    for card in ledger.cards().filter(|card| card.held.minor < 0) {
        breach("L2", format!("card {} holds {}", card.token, card.held.minor));
    }
}

/// An idempotency key has at most one effect.
fn l3_a_key_has_one_effect(entries: &[Entry], breach: &mut impl FnMut(&'static str, String)) {
    let mut seen = HashMap::new();
    for entry in entries {
        let Some(request) = &entry.request else { continue };
        let scope = (&entry.event.merchant_id, &request.key);
        if let Some(first) = seen.insert(scope, entry.event.position) {
            let second = entry.event.position;
            breach("L3", format!("key {} acted at {first} and at {second}", request.key));
        }
    }
}

/// captured <= authorized.
fn l4_captured_within_authorized(ledger: &Ledger, breach: &mut impl FnMut(&'static str, String)) {
    for payment in ledger.payments() {
        let ceiling = match payment.status {
            PaymentStatus::Declined(_) => 0,
            PaymentStatus::Authorized | PaymentStatus::Captured => payment.amount.minor,
        };
        if !(0..=ceiling).contains(&payment.captured_minor) {
            let captured = payment.captured_minor;
            breach("L4", format!("payment {}: captured {captured} of {ceiling}", payment.id));
        }
    }
}

/// Positions, and each card's sequence, run from 1 without gaps.
fn l5_card_sequences_are_contiguous(
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    let mut last: HashMap<&CardToken, u64> = HashMap::new();
    for (entry, expected) in entries.iter().zip(1_u64..) {
        if entry.event.position != expected {
            breach("L5", format!("position {} where {expected} belongs", entry.event.position));
        }
        let Some(card) = entry.event.card.as_ref().filter(|card| card.after.is_some()) else {
            continue;
        };
        let sequence = last.entry(&card.token).or_default();
        if card.sequence != *sequence + 1 {
            breach("L5", format!("card {}: {} follows {sequence}", card.token, card.sequence));
        }
        *sequence = card.sequence;
    }
}

/// Replay from zero gives the same state.
fn l6_replay_gives_the_same_state(
    ledger: &Ledger,
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    let mut replayed = Ledger::new(ledger.currency());
    for entry in entries {
        replayed.apply(entry);
    }
    if replayed.state_hash() != ledger.state_hash() {
        breach("L6", format!("replay of {} entries gives another state", entries.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::Bench;

    #[test]
    fn each_planted_fault_is_caught_by_its_invariant() {
        type Fault = fn(&mut Vec<Entry>);
        let faults: &[(&str, Fault)] = &[
            ("L1", |entries| entries[1].postings[0].amount_minor += 1),
            ("L2", |entries| {
                let card = entries[1].event.card.as_mut().unwrap();
                card.after.as_mut().unwrap().limit.minor = 0;
            }),
            ("L3", |entries| entries[2].request = entries[1].request.clone()),
            ("L5", |entries| entries[2].event.card.as_mut().unwrap().sequence += 1),
            ("L5", |entries| {
                entries.remove(1);
            }),
            ("L6", |entries| {
                entries.pop();
            }),
        ];
        for (id, plant) in faults {
            let mut bench = Bench::with_card(1000);
            bench.authorize(&Bench::sale("a", 10)).unwrap();
            bench.authorize(&Bench::sale("b", 20)).unwrap();
            bench.check();
            plant(&mut bench.entries);
            let found = check(&bench.ledger, &bench.entries);
            assert!(found.iter().any(|breach| breach.id == *id), "{id}: {found:?}");
        }
    }
}
