//! What must always hold, as named predicates. Tests, simulation and audit use these same ones.

mod bills;

use std::collections::HashMap;

use bancada_kernel::{CardSnapshot, CardToken, EventKind, MerchantId, PaymentId};

use super::answers::ANSWERS_KEPT_MS;
use super::entry::Entry;
use super::payment::PaymentStatus;
use super::posting::Account;
use super::run_time::RunTime;
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

/// Checks what a ledger's state says of itself, without the entries it was made of: a part of L1
/// and of L2.
pub fn check_state(ledger: &Ledger) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |id, what: String| breaches.push(Breach { id, what });
    l1_the_books_agree(ledger, &mut breach);
    l2_a_card_holds_its_open_holds(ledger, &mut breach);
    breaches
}

/// Checks L1 to L6 of a ledger against the entries it was made of, from the first on.
pub fn check(ledger: &Ledger, entries: &[Entry]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |id, what: String| breaches.push(Breach { id, what });
    l1_postings_sum_to_zero(entries, &mut breach);
    l1_the_books_agree(ledger, &mut breach);
    l2_no_approval_exceeds_the_limit(entries, &mut breach);
    l2_a_card_holds_its_open_holds(ledger, &mut breach);
    l3_a_key_has_one_effect_and_one_answer(ledger, entries, &mut breach);
    l4_captured_within_authorized_refunded_within_captured(ledger, entries, &mut breach);
    l4_only_refunds_and_bills_lower_a_balance(entries, &mut breach);
    bills::l3_a_bill_is_paid_once_for_each_key(ledger, entries, &mut breach);
    l5_card_sequences_are_contiguous(entries, &mut breach);
    l6_replay_gives_the_same_state(ledger, entries, &mut breach);
    breaches
}

/// Every transaction's postings sum to zero.
fn l1_postings_sum_to_zero(entries: &[Entry], breach: &mut impl FnMut(&'static str, String)) {
    for entry in entries {
        let sum: i128 = entry.postings.iter().map(|p| i128::from(p.amount_minor)).sum();
        if sum != 0 {
            breach("L1", format!("postings at {} sum to {sum}", entry.event.position));
        }
    }
}

/// The ledger sums to zero; a card's balance is what was posted to it, and a merchant is owed what
/// its payments captured less what they refunded.
fn l1_the_books_agree(ledger: &Ledger, breach: &mut impl FnMut(&'static str, String)) {
    let total: i128 = ledger.books().map(|(_, sum)| sum).sum();
    if total != 0 {
        breach("L1", format!("the ledger sums to {total}"));
    }
    let books: HashMap<&Account, i128> = ledger.books().collect();
    for card in ledger.cards() {
        let posted = books.get(&Account::Card(card.token.clone())).copied().unwrap_or(0);
        let balance = card.balance.minor;
        if posted != i128::from(balance) {
            breach("L1", format!("card {}: balance {balance}, posted {posted}", card.token));
        }
    }
    let mut owed: HashMap<&MerchantId, i128> = HashMap::new();
    for payment in ledger.payments() {
        let kept = i128::from(payment.captured_minor) - i128::from(payment.refunded_minor);
        *owed.entry(&payment.merchant).or_default() += kept;
    }
    for (merchant, owed) in owed {
        let account = Account::MerchantSettlement(merchant.clone());
        let posted = books.get(&account).copied().unwrap_or(0);
        if posted != -owed {
            breach("L1", format!("merchant {merchant}: owed {owed}, posted {posted}"));
        }
    }
}

/// The cards that entries leave behind, each with what its entry before left.
fn card_steps(
    entries: &[Entry],
) -> impl Iterator<Item = (&Entry, &CardToken, Option<&CardSnapshot>, &CardSnapshot)> {
    let mut last: HashMap<&CardToken, &CardSnapshot> = HashMap::new();
    entries.iter().filter_map(move |entry| {
        let card = entry.event.card.as_ref()?;
        let after = card.after.as_ref()?;
        Some((entry, &card.token, last.insert(&card.token, after), after))
    })
}

/// limit - balance - holds, as wide as it can become.
fn available(card: &CardSnapshot) -> i128 {
    i128::from(card.limit.minor) - i128::from(card.balance.minor) - i128::from(card.held.minor)
}

/// limit - balance - holds is never negative because of an approval: whatever makes it smaller
/// leaves it at zero or more, but for a lower limit.
fn l2_no_approval_exceeds_the_limit(
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    for (entry, token, before, after) in card_steps(entries) {
        let left = available(after);
        let is_less = before.is_none_or(|before| left < available(before));
        if is_less && left < 0 && entry.event.kind != EventKind::CardLimitChanged {
            breach("L2", format!("card {token}: {left} available at {}", entry.event.position));
        }
    }
    for entry in entries {
        let is_approval =
            matches!(entry.event.kind, EventKind::PaymentAuthorized | EventKind::PaymentCaptured);
        let after = entry.event.card.as_ref().and_then(|card| card.after.as_ref());
        if is_approval && after.is_none() {
            breach("L2", format!("approval at {} without a card", entry.event.position));
        }
    }
}

/// What a card holds is the sum of its open holds.
fn l2_a_card_holds_its_open_holds(ledger: &Ledger, breach: &mut impl FnMut(&'static str, String)) {
    let mut open: HashMap<&CardToken, i128> = HashMap::new();
    for payment in ledger.payments().filter(|it| it.status == PaymentStatus::Authorized) {
        if let Some(card) = &payment.card {
            *open.entry(&card.token).or_default() += i128::from(payment.amount.minor);
        }
    }
    for card in ledger.cards() {
        let open = open.get(&card.token).copied().unwrap_or(0);
        if i128::from(card.held.minor) != open {
            let held = card.held.minor;
            breach("L2", format!("card {}: holds {held}, open holds {open}", card.token));
        }
    }
}

/// An idempotency key has at most one effect, and the answer that was given to it is kept: both
/// for as long as answers are kept. A key that is used again later is another one.
fn l3_a_key_has_one_effect_and_one_answer(
    ledger: &Ledger,
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    let mut last: HashMap<_, (RunTime, &Entry)> = HashMap::new();
    let mut ran = RunTime::default();
    let is_over = |since: RunTime, ran: RunTime| ran.millis_since(since) >= ANSWERS_KEPT_MS;
    for entry in entries {
        // It was decided on what was recorded before it.
        let before = ran;
        ran = ran.max(entry.run_time());
        let (Some(request), Some(merchant)) = (&entry.request, &entry.event.merchant_id) else {
            continue;
        };
        let first = last.insert((merchant, &request.key), (ran, entry));
        if let Some((_, first)) = first.filter(|(since, _)| !is_over(*since, before)) {
            let (first, second) = (first.event.position, entry.event.position);
            breach("L3", format!("key {} acted at {first} and at {second}", request.key));
        }
    }
    for ((merchant, key), (since, entry)) in last {
        let kept = ledger.answer(merchant, key);
        if kept.is_none() && is_over(since, ran) {
            continue;
        }
        let is_kept = kept.and_then(|answer| ledger.given(answer)).is_some_and(|given| {
            given.payment.id == entry.event.transaction_id && given.refusal == entry.refusal
        });
        let body = entry.request.as_ref().and_then(|request| request.body);
        if !is_kept || kept.is_none_or(|answer| answer.body != body) {
            breach("L3", format!("the answer to key {key} is not kept"));
        }
    }
}

/// What entries say of one payment's money.
#[derive(Default)]
struct Moved {
    authorized: i128,
    n_captures: u32,
    captured: i128,
    refunded: i128,
    is_released: bool,
}

/// captured <= authorized, once and not after a release; refunded <= captured; and the ledger
/// remembers of each payment what the entries say, as their events do.
fn l4_captured_within_authorized_refunded_within_captured(
    ledger: &Ledger,
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    let mut payments: HashMap<PaymentId, Moved> = HashMap::new();
    for entry in entries {
        let (event, minor) = (&entry.event, i128::from(entry.event.amount.minor));
        let moved = payments.entry(event.transaction_id);
        match event.kind {
            EventKind::PaymentAuthorized => moved.or_default().authorized += minor,
            EventKind::PaymentCaptured => {
                let sale = Moved { authorized: minor, ..Moved::default() };
                let moved = moved.or_insert(sale);
                moved.n_captures += 1;
                moved.captured += minor;
            }
            EventKind::PaymentRefunded => moved.or_default().refunded += minor,
            EventKind::PaymentVoided | EventKind::PaymentExpired => {
                moved.or_default().is_released = true;
            }
            _ => {}
        }
        if let Some(said) = event.payment {
            let said = (said.captured_minor.into(), said.refunded_minor.into());
            let moved = payments.get(&event.transaction_id);
            if said != moved.map_or((0, 0), |moved| (moved.captured, moved.refunded)) {
                breach("L4", format!("totals {said:?} at {}", event.position));
            }
        }
    }
    for (id, moved) in &payments {
        let Moved { authorized, n_captures, captured, refunded, is_released } = moved;
        if !(0..=*authorized).contains(captured) || *n_captures > 1 {
            breach("L4", format!("payment {id}: captured {captured} of {authorized}"));
        }
        if *is_released && *n_captures > 0 {
            breach("L4", format!("payment {id}: captured and released"));
        }
        if !(0..=*captured).contains(refunded) {
            breach("L4", format!("payment {id}: refunded {refunded} of {captured}"));
        }
    }
    for payment in ledger.payments() {
        let moved = payments.remove(&payment.id).unwrap_or_default();
        let known = (i128::from(payment.captured_minor), i128::from(payment.refunded_minor));
        if known != (moved.captured, moved.refunded) {
            breach("L4", format!("payment {}: the ledger remembers {known:?}", payment.id));
        }
    }
}

/// A charge raises a balance, and nothing but a refund or a payment of the bill lowers it: only so
/// can it be negative.
fn l4_only_refunds_and_bills_lower_a_balance(
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    for (entry, token, before, after) in card_steps(entries) {
        let before = before.map_or(0, |card| card.balance.minor);
        let may = matches!(entry.event.kind, EventKind::PaymentRefunded | EventKind::BillPaid);
        if after.balance.minor < before && !may {
            let balance = after.balance.minor;
            let position = entry.event.position;
            breach("L4", format!("card {token}: {balance} after {before} at {position}"));
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
mod tests;
