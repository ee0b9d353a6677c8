//! Which shard an idempotency key is answered by, where there are several.
//!
//! A merchant's keys are one space, and the cards that they come with are in different shards; the
//! keys that bills are paid with are one space of all cardholders. So that a key has one effect
//! (L3), it belongs to one shard at a time: to the one that a request brought it to first. A
//! request with the same key and a card of another shard asks that shard, which gives the key up
//! only if it has no answer to it; both happen in that shard's ledger, so that nothing comes
//! between.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bancada_kernel::{IdempotencyKey, MerchantId, Shard};

use crate::ledger::ANSWERS_KEPT_MS;

/// As long as answers are kept, by the same clock: no home is forgotten before its answer.
const KEPT: Duration = Duration::from_millis(ANSWERS_KEPT_MS);
/// Locks, so that requests seldom wait for one another.
const N_STRIPES: usize = 16;

/// Whose space of keys it is: a merchant's, or the one of everybody who pays bills.
pub type KeyOwner<'a> = Option<&'a MerchantId>;

/// The homes of merchants' keys of the last days, and of all keys of bills. An entry is a hash: two
/// keys that share one ask for each other's shard in vain, and nothing else comes of it.
pub struct KeyHomes {
    hasher: RandomState,
    stripes: [Mutex<Stripe>; N_STRIPES],
}

/// Two generations: when the newer one is as old as an answer is kept, the older one goes.
#[derive(Default)]
struct Stripe {
    since: Duration,
    newer: HashMap<u64, Shard>,
    older: HashMap<u64, Shard>,
    /// Keys of bills are kept for ever, for their answers are.
    bills: HashMap<u64, Shard>,
}

impl Default for KeyHomes {
    fn default() -> KeyHomes {
        KeyHomes::new()
    }
}

impl KeyHomes {
    /// No key has a home.
    pub fn new() -> KeyHomes {
        let stripes = [(); N_STRIPES].map(|()| Mutex::default());
        KeyHomes { hasher: RandomState::new(), stripes }
    }

    /// The home of a key; `wanted` if it had none. `now` is of the monotonic clock.
    pub fn claim(
        &self,
        owner: KeyOwner<'_>,
        key: &IdempotencyKey,
        wanted: Shard,
        now: Duration,
    ) -> Shard {
        let hash = self.hash(owner, key);
        let mut stripe = self.stripe(hash);
        if owner.is_none() {
            return *stripe.bills.entry(hash).or_insert(wanted);
        }
        stripe.age(now);
        // What is asked for again lives on with the newer ones.
        let home = stripe.home(owner, hash).unwrap_or(wanted);
        *stripe.newer.entry(hash).or_insert(home)
    }

    /// The home of a key, if it has one.
    pub fn find(&self, owner: KeyOwner<'_>, key: &IdempotencyKey) -> Option<Shard> {
        let hash = self.hash(owner, key);
        self.stripe(hash).home(owner, hash)
    }

    /// A shard that has no answer to the key gives it to another one.
    pub fn move_to(&self, owner: KeyOwner<'_>, key: &IdempotencyKey, to: Shard) {
        let hash = self.hash(owner, key);
        let mut stripe = self.stripe(hash);
        let homes = if owner.is_none() { &mut stripe.bills } else { &mut stripe.newer };
        homes.insert(hash, to);
    }

    fn hash(&self, owner: KeyOwner<'_>, key: &IdempotencyKey) -> u64 {
        self.hasher.hash_one((owner, key))
    }

    fn stripe(&self, hash: u64) -> MutexGuard<'_, Stripe> {
        let stripe = usize::try_from(hash % N_STRIPES as u64).unwrap_or_default();
        self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stripe {
    fn home(&self, owner: KeyOwner<'_>, hash: u64) -> Option<Shard> {
        if owner.is_none() {
            return self.bills.get(&hash).copied();
        }
        self.newer.get(&hash).or_else(|| self.older.get(&hash)).copied()
    }

    fn age(&mut self, now: Duration) {
        if now.saturating_sub(self.since) >= KEPT {
            self.older = std::mem::take(&mut self.newer);
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::ShardCount;

    use super::*;

    #[test]
    fn a_key_has_one_home_for_as_long_as_its_answer_is_kept() {
        let [first, second] = {
            let mut shards = ShardCount::new(2).unwrap().shards();
            [shards.next().unwrap(), shards.next().unwrap()]
        };
        let merchant = MerchantId::parse("loja").unwrap();
        let (owner, key) = (Some(&merchant), IdempotencyKey::parse("k").unwrap());
        let homes = KeyHomes::new();
        let mut now = Duration::from_secs(1);
        assert_eq!(homes.find(owner, &key), None);
        assert_eq!(homes.claim(owner, &key, second, now), second);
        assert_eq!(homes.claim(owner, &key, first, now), second);
        now += KEPT;
        assert_eq!(homes.claim(owner, &key, first, now), second, "kept, and kept on");
        now += KEPT;
        assert_eq!(homes.claim(owner, &key, first, now), second);
        homes.move_to(owner, &key, first);
        assert_eq!(homes.find(owner, &key), Some(first));
        let other = IdempotencyKey::parse("other").unwrap();
        for _ in 0..2 {
            now += KEPT;
            for n in 0..200 {
                let any = IdempotencyKey::parse(&format!("{n}")).unwrap();
                homes.claim(owner, &any, first, now);
            }
        }
        assert_eq!(homes.find(owner, &other), None);
        assert_eq!(homes.claim(owner, &key, second, now), second, "forgotten at last");
    }

    #[test]
    fn a_key_of_a_bill_is_another_than_a_merchants_and_has_its_home_for_ever() {
        let [first, second] = {
            let mut shards = ShardCount::new(2).unwrap().shards();
            [shards.next().unwrap(), shards.next().unwrap()]
        };
        let merchant = MerchantId::parse("loja").unwrap();
        let key = IdempotencyKey::parse("k").unwrap();
        let homes = KeyHomes::new();
        assert_eq!(homes.claim(None, &key, second, Duration::ZERO), second);
        assert_eq!(homes.find(Some(&merchant), &key), None);
        for n in 1..=4 {
            let now = n * KEPT;
            assert_eq!(homes.claim(Some(&merchant), &key, first, now), first);
            assert_eq!(homes.claim(None, &key, first, now), second);
        }
        homes.move_to(None, &key, first);
        assert_eq!(homes.find(None, &key), Some(first));
    }
}
