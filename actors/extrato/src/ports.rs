//! What the statement needs from outside, as traits that gateways implement.

mod bills;
mod dead_letters;
mod source;
mod store;

use bancada_kernel::Timestamp;

pub use bills::{BillSendError, BillSender};
pub use dead_letters::{DeadLetterSink, DeadLetterSinkError};
pub use source::{
    BankCard, EventReader, EventRepair, EventSource, EventStream, Offsets, Reached, SourceBatch,
    SourceError, SourcePosition, SourceRecord, Undecodable,
};
pub use store::{StatementReader, StatementStore, StatementStoreOpener, StoreError};

/// The statement's clock and its source of randomness. Waiting is done in tokio's time.
pub trait Surroundings: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// A random draw from 0 to 1, for jitter.
    fn random_unit(&self) -> f64;
}
