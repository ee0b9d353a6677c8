//! The answers that are kept, the oldest first, found by merchant and key; and when they are
//! forgotten.
//!
//! Forgetting follows how long Banks have run, as it is recorded with every entry: replay forgets
//! the same, a wall clock that is set forgets nothing early, and an answer grows no older while no
//! Bank is there to be asked.
//!
//! Memory is bounded by the rate of requests times [`ANSWERS_KEPT_MS`], and by nothing else: an
//! answer that had to go early for want of room would be a payment that is made twice.

use std::hash::{BuildHasher as _, RandomState};

use bancada_kernel::{IdempotencyKey, MerchantId};
use hashbrown::hash_table::Entry;

use super::expire::HOLD_MS;
use super::growing::{Queue, Table};
use super::key_scope::Answer;
use super::payments::PaymentNumber;
use super::run_time::RunTime;

/// How long an answer is kept at least: as long as a hold, and then for the 24 hours after which
/// Stripe may prune a key (docs.stripe.com/api/idempotent_requests). So whoever repeats an
/// authorization finds it answered while the hold that it placed can still be there, and until a
/// day after: it never becomes a second hold beside the first, and what a shop that was away for a
/// week asks about or abandons is still known.
pub const ANSWERS_KEPT_MS: u64 = HOLD_MS.unsigned_abs() + 24 * 60 * 60 * 1_000;
/// Answers forgotten with one entry, at most. An entry adds one, so that none stays for long; and
/// the first entry after a pause does not have to forget everything that was before it.
const MAX_FORGOTTEN: usize = 64;

/// The answers by age and by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    kept: Queue<Kept>,
    /// How many are gone.
    n_forgotten: u64,
    /// Keyed, because merchants choose the keys that are hashed.
    by_key: Table<Place>,
    hasher: RandomState,
}

/// Where an answer is. Its hash is with it, so that a table that grows reads no keys: a million
/// of them, all over memory, would hold payments up for longer than a disk does.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    /// Its number among all that there ever were, as far as it goes: fewer than that many are
    /// kept at once.
    number: u32,
}

/// An answer with its key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kept {
    /// How long Banks had run when it was given: never less than of the one before.
    pub(super) since: RunTime,
    pub(super) merchant: MerchantId,
    pub(super) key: IdempotencyKey,
    pub(super) answer: Answer,
}

/// Equal for the same answers in the same order; the rest follows from them, and from chance.
impl PartialEq for Answers {
    fn eq(&self, other: &Answers) -> bool {
        self.kept == other.kept
    }
}

impl Eq for Answers {}

impl Answers {
    /// Makes room for this many more.
    pub(super) fn reserve(&mut self, n_more: usize) {
        self.by_key.reserve(n_more, Place::spread);
    }

    pub(super) fn get(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<Answer> {
        self.find(merchant, key).map(|kept| kept.answer)
    }

    /// Keeps an answer; in the place of another one to the same key, should there be one.
    pub(super) fn keep(&mut self, new: Kept) {
        let place = Place {
            hash: hash(&self.hasher, &new.merchant, &new.key),
            number: self.first().wrapping_add(narrow(self.kept.len() as u64)),
        };
        let (first, Answers { kept, by_key, .. }) = (self.first(), self);
        let is_it =
            |known: &Place| known.leads_to(first, kept, place.hash, &new.merchant, &new.key);
        let part = by_key.part_mut(place.spread());
        match part.entry(place.spread(), is_it, Place::spread) {
            Entry::Occupied(known) => {
                if let Some(known) = kept.get_mut(known.get().index(first)) {
                    known.answer = new.answer;
                }
            }
            Entry::Vacant(free) => {
                free.insert(place);
                kept.push_back(new);
            }
        }
    }

    /// Forgets what is old enough, now that Banks have run so long; but nothing of a payment that
    /// is still held: its hold goes by another clock.
    pub(super) fn forget(&mut self, ran: RunTime, is_held: impl Fn(PaymentNumber) -> bool) {
        for _ in 0..MAX_FORGOTTEN {
            let is_over = |kept: &Kept| ran.millis_since(kept.since) >= ANSWERS_KEPT_MS;
            let oldest = self.kept.front().filter(|kept| is_over(kept));
            if oldest.is_none_or(|kept| is_held(kept.answer.payment)) {
                return;
            }
            let Some(Kept { merchant, key, .. }) = self.kept.pop_front() else { return };
            let number = self.first();
            let place = Place { hash: hash(&self.hasher, &merchant, &key), number };
            let part = self.by_key.part_mut(place.spread());
            if let Ok(found) = part.find_entry(place.spread(), |it| it.number == number) {
                found.remove();
            }
            self.n_forgotten += 1;
        }
    }

    /// From the oldest on.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Kept> {
        self.kept.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    #[cfg(test)]
    pub(super) fn clear(&mut self) {
        *self = Answers::default();
    }

    fn find(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<&Kept> {
        let (first, hash) = (self.first(), hash(&self.hasher, merchant, key));
        let is_it = |known: &Place| known.leads_to(first, &self.kept, hash, merchant, key);
        let spread = Place { hash, number: 0 }.spread();
        let place = self.by_key.part(spread).find(spread, is_it)?;
        self.kept.get(place.index(first))
    }

    /// The number of the oldest that is kept.
    fn first(&self) -> u32 {
        narrow(self.n_forgotten)
    }
}

impl Place {
    fn index(self, first: u32) -> usize {
        self.number.wrapping_sub(first) as usize
    }

    fn leads_to(
        self,
        first: u32,
        kept: &Queue<Kept>,
        hash: u32,
        merchant: &MerchantId,
        key: &IdempotencyKey,
    ) -> bool {
        let is_it = |kept: &Kept| kept.key == *key && kept.merchant == *merchant;
        self.hash == hash && kept.get(self.index(first)).is_some_and(is_it)
    }

    /// As many bits as the table wants, of as many as are kept.
    fn spread(&self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

fn hash(hasher: &RandomState, merchant: &MerchantId, key: &IdempotencyKey) -> u32 {
    narrow(hasher.hash_one((merchant, key)))
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
fn narrow(number: u64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::Bench;
    use crate::ledger::{Authorize, KeyReused, PaymentStatus};

    /// A ledger on which one key was used; `later` is the time that passes until the next entry.
    fn after(later: u64) -> Bench {
        let mut bench = Bench::with_card(1_000);
        bench.authorize(&Bench::sale("k", 100)).unwrap();
        bench.run(later);
        bench.change_limit(2_000);
        bench
    }

    #[test]
    fn an_answer_is_there_until_its_time_is_over_and_then_gone() {
        let mut before = after(ANSWERS_KEPT_MS - 1);
        let first = before.ledger.payments().next().unwrap().clone();
        assert_eq!(before.authorize(&Bench::sale("k", 100)), Ok(first));
        before.check();

        let mut bench = after(ANSWERS_KEPT_MS);
        let sale = Bench::sale("k", 100);
        assert_eq!(bench.ledger.payment_of_key(&sale.merchant, &sale.key), None);
        bench.check();
        let first = bench.ledger.payments().next().unwrap().clone();
        let second = bench.authorize(&sale).unwrap();
        assert_ne!(second.id, first.id, "a key that is used again later is a new request");
        assert_eq!(bench.card().balance.minor, 200);
        assert_eq!(bench.payment(first.id), &first, "a payment is never forgotten");
        bench.check();
        bench.replay();
        assert_eq!(bench.authorize(&sale), Ok(second), "replay forgets and keeps the same");
        bench.check();
    }

    #[test]
    fn an_answer_grows_older_only_while_a_bank_runs() {
        let mut bench = Bench::with_card(1_000);
        let sale = Bench::sale("k", 100);
        let first = bench.authorize(&sale).unwrap();
        // A wall clock that is nine days ahead for one entry and set back; then years without a
        // Bank; then a clock before 1970.
        let kept_ms = i64::try_from(ANSWERS_KEPT_MS).unwrap();
        for (n, jump) in [9 * kept_ms / 8, -9 * kept_ms / 8, 1_000 * kept_ms, -4_000 * kept_ms]
            .into_iter()
            .enumerate()
        {
            bench.now += jump;
            bench.change_limit(2_000 + i64::try_from(n).unwrap());
            assert_eq!(bench.authorize(&sale), Ok(first.clone()), "after a jump of {jump} ms");
        }
        bench.check();
        bench.run(ANSWERS_KEPT_MS);
        assert_eq!(bench.authorize(&sale), Ok(first.clone()), "nothing was recorded since");
        bench.change_limit(3_000);
        assert_ne!(bench.authorize(&sale).map(|again| again.id), Ok(first.id));
        bench.check();
    }

    /// Entries from before running times were recorded are as old as the wall clock said, and what
    /// is recorded now goes on from there.
    #[test]
    fn an_old_journal_is_forgotten_as_it_was() {
        let mut bench = after(0);
        bench.entries.iter_mut().for_each(|entry| entry.ran = None);
        bench.replay();
        assert_eq!(bench.ledger.ran(), RunTime::of_wall_clock(super::super::fixture::NOW));
        let sale = Bench::sale("k", 100);
        bench.ran = bench.ledger.ran().0 + ANSWERS_KEPT_MS - 1;
        bench.change_limit(3_000);
        assert!(bench.ledger.payment_of_key(&sale.merchant, &sale.key).is_some());
        bench.run(1);
        bench.change_limit(4_000);
        assert!(bench.ledger.payment_of_key(&sale.merchant, &sale.key).is_none());
        bench.check();
    }

    #[test]
    fn an_authorization_is_answered_for_as_long_as_its_hold_is_there() {
        let mut bench = Bench::with_card(1_000);
        let hold = Authorize { capture: false, ..Bench::sale("k", 100) };
        let held = bench.authorize(&hold).unwrap();
        // Nobody was there to release it.
        bench.run(2 * ANSWERS_KEPT_MS);
        bench.change_limit(2_000);
        assert_eq!(bench.authorize(&hold), Ok(held.clone()), "no second hold beside the first");
        assert_eq!(bench.expire(), 1);
        bench.change_limit(3_000);
        assert_ne!(bench.authorize(&hold).unwrap().id, held.id);
        assert_eq!(bench.card().held.minor, 100);
        bench.check();
    }

    #[test]
    fn a_pause_is_forgotten_little_by_little_and_nothing_is_taken_for_another() {
        let mut bench = Bench::with_card(1_000);
        let n_answers = 3 * MAX_FORGOTTEN + 7;
        for n in 0..n_answers {
            bench.authorize(&Bench::sale(&format!("k{n}"), 1)).unwrap();
        }
        bench.run(ANSWERS_KEPT_MS);
        for n_changes in 1..=5 {
            bench.change_limit(1_000 + i64::try_from(n_changes).unwrap());
            let n_left = n_answers.saturating_sub(n_changes * MAX_FORGOTTEN);
            assert_eq!(bench.ledger.answers.len(), n_left);
            bench.check();
        }
    }

    #[test]
    fn a_key_is_reused_for_something_else_only_when_its_answer_is_gone() {
        let mut early = after(ANSWERS_KEPT_MS - 1);
        let id = early.ledger.payments().next().unwrap().id;
        let refund = Bench::refund_of("k", id, 40);
        let refused = Err(crate::ledger::RefundError::KeyReused(KeyReused));
        assert_eq!(early.refund(&refund), refused);
        let mut late = after(ANSWERS_KEPT_MS);
        let refunded = late.refund(&refund).unwrap().unwrap();
        assert_eq!((refunded.refunded_minor, refunded.status), (40, PaymentStatus::Captured));
        late.check();
    }

    #[test]
    fn a_hold_lasts_7_days_and_its_answer_8() {
        let days = |n_days: u64| std::time::Duration::from_secs(n_days * 86_400).as_millis();
        assert_eq!(u128::try_from(HOLD_MS).unwrap(), days(7));
        assert_eq!(u128::from(ANSWERS_KEPT_MS), days(8));
    }

    #[test]
    fn other_answers_are_not_equal() {
        let with_keys = |keys: &[&str]| {
            let mut bench = Bench::with_card(1_000);
            keys.iter().for_each(|key| drop(bench.authorize(&Bench::sale(key, 1)).unwrap()));
            bench.ledger.answers
        };
        assert_eq!(with_keys(&["a", "b"]), with_keys(&["a", "b"]));
        assert_ne!(with_keys(&["a", "b"]), with_keys(&["a", "c"]));
        assert_ne!(with_keys(&["a", "b"]), with_keys(&["a"]));
    }

    #[test]
    fn a_place_leads_to_its_own_merchants_key_also_among_equal_hashes() {
        let mut bench = Bench::with_card(1_000);
        let sale = Bench::sale("k", 1);
        bench.authorize(&sale).unwrap();
        let (other, kept) = (MerchantId::parse("outra").unwrap(), &bench.ledger.answers.kept);
        let place = Place { hash: 7, number: 0 };
        let leads_to = |hash, merchant, key| {
            place.leads_to(0, kept, hash, merchant, &IdempotencyKey::parse(key).unwrap())
        };
        assert!(leads_to(7, &sale.merchant, "k"));
        assert!(!leads_to(8, &sale.merchant, "k"));
        assert!(!leads_to(7, &other, "k"));
        assert!(!leads_to(7, &sale.merchant, "l"));
    }

    #[test]
    fn keys_are_spread_over_the_table() {
        let (hasher, merchant) = (RandomState::new(), MerchantId::parse("loja").unwrap());
        let spread = |n: u32| {
            let key = IdempotencyKey::parse(&n.to_string()).unwrap();
            Place { hash: hash(&hasher, &merchant, &key), number: n }.spread()
        };
        let spreads: std::collections::HashSet<_> = (0..1_000).map(spread).collect();
        assert!(spreads.len() > 990, "{} of 1000 are different", spreads.len());
    }
}
