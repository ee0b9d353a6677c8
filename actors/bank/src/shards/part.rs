//! Which part of the Bank a ledger is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bancada_kernel::{IdempotencyKey, PaymentId, Shard, ShardCount};

use super::{KeyHomes, KeyOwner, Keyed};
use crate::ledger::Ledger;

/// A shard among others; alone, it answers every key and gives ids as they come.
#[derive(Clone)]
pub struct Part {
    /// Which.
    pub shard: Shard,
    /// Of how many.
    pub count: ShardCount,
    /// Absent where there is one shard.
    pub homes: Option<Arc<KeyHomes>>,
    /// Whether the homes of its keys are known: true from the first load on.
    pub has_loaded: Arc<AtomicBool>,
}

impl Part {
    /// Whether this ledger answers the command's key.
    pub fn answers(&self, command: &impl Keyed) -> bool {
        let Some(homes) = &self.homes else { return true };
        let (owner, key) = command.key();
        homes.find(owner, key) == Some(self.shard)
    }

    /// Gives a key to another ledger, unless this one, whose state it is, has an answer to it;
    /// whether the other one may answer it now.
    pub fn yield_key(
        &self,
        ledger: &Ledger,
        owner: KeyOwner<'_>,
        key: &IdempotencyKey,
        to: Shard,
    ) -> bool {
        let is_answered = match owner {
            Some(merchant) => ledger.payment_of_key(merchant, key).is_some(),
            None => ledger.bill_payment(key).is_some(),
        };
        if !is_answered {
            self.give_up(owner, key, to);
        }
        !is_answered
    }

    /// Gives a key that this ledger has no answer to to another one, if it is its own to give.
    fn give_up(&self, owner: KeyOwner<'_>, key: &IdempotencyKey, to: Shard) {
        if let Some(homes) = &self.homes
            && homes.find(owner, key) == Some(self.shard)
        {
            homes.move_to(owner, key, to);
        }
    }

    /// The ledger is loaded: every key that it has an answer to is at home here.
    pub fn loaded(&self, ledger: &Ledger, now: Duration) {
        if let Some(homes) = &self.homes {
            for (merchant, key) in ledger.answered_keys() {
                homes.claim(Some(merchant), key, self.shard, now);
            }
            for key in ledger.bill_keys() {
                homes.claim(None, key, self.shard, now);
            }
        }
        self.has_loaded.store(true, Ordering::Release);
    }

    /// An id for a payment that is decided here.
    pub fn payment_id(&self, id: PaymentId) -> PaymentId {
        self.count.payment_in(self.shard, id)
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::MerchantId;

    use super::*;
    use crate::ledger::Abandon;

    #[test]
    fn a_key_that_was_given_away_is_not_answered_any_more() {
        let count = ShardCount::new(2).unwrap();
        let homes = Some(Arc::new(KeyHomes::new()));
        let parts: Vec<_> = count
            .shards()
            .map(|shard| Part { shard, count, homes: homes.clone(), has_loaded: Arc::default() })
            .collect();
        let (merchant, key) =
            (MerchantId::parse("loja").unwrap(), IdempotencyKey::parse("k").unwrap());
        let command = Abandon { merchant: merchant.clone(), key: key.clone() };
        let [first, second] = &parts[..] else { panic!("two shards") };
        assert!(!first.answers(&command), "nobody has claimed it");
        homes.as_ref().unwrap().claim(Some(&merchant), &key, first.shard, Duration::ZERO);
        assert!(first.answers(&command) && !second.answers(&command));
        second.give_up(Some(&merchant), &key, second.shard);
        assert!(first.answers(&command), "it is not the second one's to give");
        first.give_up(Some(&merchant), &key, second.shard);
        assert!(!first.answers(&command) && second.answers(&command));
        let alone = Part { homes: None, ..first.clone() };
        assert!(alone.answers(&command));
    }
}
