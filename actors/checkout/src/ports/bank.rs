//! The Bank, as the shop sees it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bancada_kernel::{
    CardNumber, CardToken, Cvv, DeclineReason, Expiry, IdempotencyKey, MerchantId, Money, OrderId,
    PaymentId, TraceContext,
};

/// Asks the Bank. Every call may be repeated: a key has at most one effect and one answer.
#[async_trait]
pub trait Bank: Send + Sync + 'static {
    /// Charges a card (authorization and capture in one). A decline is an answer.
    async fn authorize(&self, request: BankRequest) -> Result<BankAnswer, BankCallError>;

    /// The answer that a key has got; `None` when the Bank never saw the key, or has forgotten it
    /// ([`KEY_IS_KNOWN_MS`](crate::order::KEY_IS_KNOWN_MS)).
    async fn find(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
    ) -> Result<Option<BankAnswer>, BankCallError>;

    /// Closes a key: the answer it got, or else a decline that holds from now on, so that a copy
    /// of the request that is still on its way moves no money. Not for a key that may be
    /// forgotten: it would be declined although it was charged.
    async fn abandon(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
    ) -> Result<BankAnswer, BankCallError>;
}

/// One attempt to charge. Repeated attempts are equal, except for the trace.
#[derive(Clone, Debug)]
pub struct BankRequest {
    /// The shop at the Bank.
    pub merchant: MerchantId,
    /// The order's id.
    pub key: IdempotencyKey,
    /// The card as typed.
    pub card: Arc<PresentedCard>,
    /// How much.
    pub amount: Money,
    /// 1 to 12.
    pub installments: u8,
    /// The shop's name, as the statement shows it.
    pub store: String,
    /// What was bought, as the statement shows it.
    pub description: String,
    /// The order.
    pub order_id: OrderId,
    /// The request that placed the order.
    pub trace: Option<TraceContext>,
    /// Charge at once rather than only hold; the shop always does.
    pub capture: bool,
}

/// A card as its holder typed it. Lives only until the Bank has answered, and at most for the
/// time that the order actor allows; its memory is cleared on drop.
pub struct PresentedCard {
    /// The card number.
    pub number: CardNumber,
    /// Valid through this month.
    pub expiry: Expiry,
    /// The security code.
    pub cvv: Cvv,
    /// Name on the card.
    pub holder: String,
}

/// The Bank's answer to a key, final and always the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankAnswer {
    /// The Bank's record.
    pub payment: PaymentId,
    /// The card at the Bank; absent when the Bank never learned it.
    pub card_token: Option<CardToken>,
    /// What was decided.
    pub outcome: Outcome,
    /// What was charged, or would have been.
    pub amount: Money,
}

/// A decision of the Bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Charged.
    Approved,
    /// Not charged.
    Declined(DeclineReason),
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankCallError {
    /// The Bank says that the request makes no sense. Nothing happened, and nothing will however
    /// often it is repeated.
    #[error("the bank refused the request ({code}): {message}")]
    Refused {
        /// A stable word.
        code: String,
        /// A sentence.
        message: String,
    },
    /// The request was certainly not executed: it never left, or the Bank said that it has no
    /// room. It may be sent again.
    #[error("the request did not reach the bank: {0}")]
    NotSent(String),
    /// The request may have been executed: the deadline passed, or the connection broke.
    #[error("the bank's answer was lost: {0}")]
    Unknown(String),
}

impl fmt::Debug for PresentedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedCard").field("number", &self.number).finish_non_exhaustive()
    }
}
