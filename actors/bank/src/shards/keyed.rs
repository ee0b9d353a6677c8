//! Commands that are answered once per key.

use bancada_kernel::IdempotencyKey;

use super::key_homes::KeyOwner;
use crate::ledger::{Abandon, Authorize, Capture, PayBill, Refund, Void};

/// A command with an idempotency key.
pub trait Keyed {
    /// The key, and whose space of keys it is of.
    fn key(&self) -> (KeyOwner<'_>, &IdempotencyKey);
}

impl Keyed for Authorize {
    fn key(&self) -> (KeyOwner<'_>, &IdempotencyKey) {
        (Some(&self.merchant), &self.key)
    }
}

impl Keyed for Abandon {
    fn key(&self) -> (KeyOwner<'_>, &IdempotencyKey) {
        (Some(&self.merchant), &self.key)
    }
}

impl Keyed for PayBill {
    fn key(&self) -> (KeyOwner<'_>, &IdempotencyKey) {
        (None, &self.key)
    }
}

macro_rules! operations {
    ($($command:ty),*) => {$(
        impl Keyed for $command {
            fn key(&self) -> (KeyOwner<'_>, &IdempotencyKey) {
                (Some(&self.operation.merchant), &self.operation.key)
            }
        }
    )*};
}
operations!(Capture, Void, Refund);
