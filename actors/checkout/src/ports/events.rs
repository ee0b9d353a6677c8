//! What the shop hears of the Bank's events: what was returned of its charges.

use async_trait::async_trait;
use bancada_kernel::{EventHash, MerchantId};

use crate::order::Refund;

/// How far a shard's journal was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The position.
    pub position: u64,
    /// The event there, with which the Bank is asked whether it has the same past.
    pub event: Option<EventHash>,
}

/// The Bank's events, as far as they are about a merchant's refunds.
#[async_trait]
pub trait RefundSource: Send + Sync + 'static {
    /// Connects, and tells what comes after these places; a shard of which none is given is read
    /// from its beginning.
    async fn open(
        &self,
        merchant: &MerchantId,
        after: &[Reached],
    ) -> Result<Box<dyn RefundStream>, RefundSourceError>;
}

/// A connection to the source.
#[async_trait]
pub trait RefundStream: Send {
    /// What comes next, or after some seconds that nothing has.
    async fn next(&mut self) -> Result<RefundBatch, RefundSourceError>;
}

/// What was read at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundBatch {
    /// In the order in which they happened.
    pub refunds: Vec<Refund>,
    /// How far was read for it, where anything was.
    pub reached: Option<Reached>,
}

/// Why nothing comes. It is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundSourceError {
    /// The Bank is away.
    #[error("the bank does not tell its events: {0}")]
    Away(String),
    /// The Bank does not have what was read of it before.
    #[error("the bank has another past than the shop: {0}")]
    OtherPast(String),
}
