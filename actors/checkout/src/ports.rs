//! What the shop needs from outside, as traits that gateways implement.

mod bank;
mod events;
mod store;

use bancada_kernel::Timestamp;

pub use bank::{Bank, BankAnswer, BankCallError, BankRequest, Outcome, PresentedCard};
pub use events::{Reached, RefundBatch, RefundSource, RefundSourceError, RefundStream};
pub use store::{OrderCursor, OrderStore, OrderStoreOpener, StoreError, Write, Written};

/// The shop's clock and its source of randomness. Waiting is done in tokio's time.
pub trait Surroundings: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// A random draw from 0 to 1, for jitter.
    fn random_unit(&self) -> f64;
}
