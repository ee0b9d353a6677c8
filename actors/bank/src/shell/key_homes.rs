//! Which shard an idempotency key is answered by, where there are several.
//!
//! A merchant's keys are one space, and the cards that they come with are in different shards. So
//! that a key has one effect (L3), it belongs to one shard at a time: to the one that a request
//! brought it to first. A request with the same key and a card of another shard asks that shard,
//! which gives the key up only if it has no answer to it; both happen in that shard's ledger, so
//! that nothing comes between.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bancada_kernel::{IdempotencyKey, MerchantId, Shard, Timestamp};

use crate::ledger::ANSWERS_KEPT_MS;

/// Locks, so that requests seldom wait for one another.
const N_STRIPES: usize = 16;

/// The homes of the keys of the last days. An entry is a hash: two keys that share one ask for
/// each other's shard in vain, and nothing else comes of it.
pub(crate) struct KeyHomes {
    hasher: RandomState,
    stripes: [Mutex<Stripe>; N_STRIPES],
}

/// Two generations: when the newer one is as old as an answer is kept, the older one goes.
#[derive(Default)]
struct Stripe {
    since: Timestamp,
    newer: HashMap<u64, Shard>,
    older: HashMap<u64, Shard>,
}

impl KeyHomes {
    pub(crate) fn new() -> KeyHomes {
        let stripes = [(); N_STRIPES].map(|()| Mutex::default());
        KeyHomes { hasher: RandomState::new(), stripes }
    }

    /// The home of a key; `wanted` if it had none.
    pub(crate) fn claim(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
        wanted: Shard,
        now: Timestamp,
    ) -> Shard {
        let hash = self.hash(merchant, key);
        let mut stripe = self.stripe(hash);
        stripe.age(now);
        match stripe.home(hash) {
            // What is asked for again lives on with the newer ones.
            Some(home) => *stripe.newer.entry(hash).or_insert(home),
            None => *stripe.newer.entry(hash).or_insert(wanted),
        }
    }

    /// The home of a key, if it has one.
    pub(crate) fn find(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<Shard> {
        let hash = self.hash(merchant, key);
        self.stripe(hash).home(hash)
    }

    /// A shard that has no answer to the key gives it to another one.
    pub(crate) fn move_to(&self, merchant: &MerchantId, key: &IdempotencyKey, to: Shard) {
        let hash = self.hash(merchant, key);
        self.stripe(hash).newer.insert(hash, to);
    }

    fn hash(&self, merchant: &MerchantId, key: &IdempotencyKey) -> u64 {
        self.hasher.hash_one((merchant, key))
    }

    fn stripe(&self, hash: u64) -> MutexGuard<'_, Stripe> {
        let stripe = usize::try_from(hash % N_STRIPES as u64).unwrap_or_default();
        self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stripe {
    fn home(&self, hash: u64) -> Option<Shard> {
        self.newer.get(&hash).or_else(|| self.older.get(&hash)).copied()
    }

    fn age(&mut self, now: Timestamp) {
        if now.0.saturating_sub(self.since.0) >= ANSWERS_KEPT_MS {
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
        let key = IdempotencyKey::parse("k").unwrap();
        let homes = KeyHomes::new();
        let mut now = Timestamp(1_795_000_000_000);
        assert_eq!(homes.find(&merchant, &key), None);
        assert_eq!(homes.claim(&merchant, &key, second, now), second);
        assert_eq!(homes.claim(&merchant, &key, first, now), second);
        now.0 += ANSWERS_KEPT_MS;
        assert_eq!(homes.claim(&merchant, &key, first, now), second, "kept, and kept on");
        now.0 += ANSWERS_KEPT_MS;
        assert_eq!(homes.claim(&merchant, &key, first, now), second);
        homes.move_to(&merchant, &key, first);
        assert_eq!(homes.find(&merchant, &key), Some(first));
        let other = IdempotencyKey::parse("other").unwrap();
        for _ in 0..2 {
            now.0 += ANSWERS_KEPT_MS;
            for n in 0..200 {
                let any = IdempotencyKey::parse(&format!("{n}")).unwrap();
                homes.claim(&merchant, &any, first, now);
            }
        }
        assert_eq!(homes.find(&merchant, &other), None);
        assert_eq!(homes.claim(&merchant, &key, second, now), second, "forgotten at last");
    }
}
