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

/// Why a payment was not handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BillSendError {
    /// It may or may not have been handed over. It is tried again.
    #[error("the payment of a bill cannot be sent: {0}")]
    Unsent(String),
    /// The Bank can never book it: its key has another payment, or it makes no sense there.
    #[error("the bank does not take the payment of a bill: {0}")]
    Never(String),
}
