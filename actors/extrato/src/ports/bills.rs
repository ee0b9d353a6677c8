//! The way to the Bank for payments of bills.

use async_trait::async_trait;

use crate::statement::BillPayment;

/// Carries payments of bills to the Bank, which answers by an event.
#[async_trait]
pub trait BillSender: Send + Sync + 'static {
    /// Hands over one payment; when it returns, it is durable at the Bank or on its way there.
    /// It may be handed over any number of times.
    async fn send(&self, payment: &BillPayment) -> Result<(), BillSendError>;
}

/// It may or may not have been handed over. It is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment of a bill cannot be sent: {0}")]
pub struct BillSendError(pub String);
