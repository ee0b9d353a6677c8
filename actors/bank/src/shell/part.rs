//! Which part of the Bank a ledger is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bancada_kernel::{IdempotencyKey, MerchantId, PaymentId, Shard, ShardCount, Timestamp};

use crate::ledger::Ledger;
use crate::shell::key_homes::KeyHomes;
use crate::shell::ledger_mail::Keyed;

/// A shard among others; alone, it answers every key and gives ids as they come.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) shard: Shard,
    pub(crate) count: ShardCount,
    /// Absent where there is one shard.
    pub(crate) homes: Option<Arc<KeyHomes>>,
    /// Whether the homes of its keys are known: true from the first load on.
    pub(crate) has_loaded: Arc<AtomicBool>,
}

impl Part {
    /// Whether this ledger answers the command's key.
    pub(crate) fn answers(&self, command: &impl Keyed) -> bool {
        let Some(homes) = &self.homes else { return true };
        let (merchant, key) = command.key();
        homes.find(merchant, key) == Some(self.shard)
    }

    /// Gives a key that this ledger has no answer to to another one, if it is its own to give.
    pub(crate) fn give_up(&self, merchant: &MerchantId, key: &IdempotencyKey, to: Shard) {
        if let Some(homes) = &self.homes
            && homes.find(merchant, key) == Some(self.shard)
        {
            homes.move_to(merchant, key, to);
        }
    }

    /// The ledger is loaded: every key that it has an answer to is at home here.
    pub(crate) fn loaded(&self, ledger: &Ledger, now: Timestamp) {
        if let Some(homes) = &self.homes {
            for (merchant, key) in ledger.answered_keys() {
                homes.claim(merchant, key, self.shard, now);
            }
        }
        self.has_loaded.store(true, Ordering::Release);
    }

    /// An id for a payment that is decided here.
    pub(crate) fn payment_id(&self, id: PaymentId) -> PaymentId {
        self.count.payment_in(self.shard, id)
    }
}
