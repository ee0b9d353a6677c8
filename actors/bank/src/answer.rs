//! What callers of the Bank are told.

use std::time::Instant;

use bancada_kernel::{
    CardNumber, CardStatus, CardToken, Cvv, DeclineReason, Expiry, IdempotencyKey, MerchantId,
    Money, PaymentId, TraceContext,
};
use tokio::sync::mpsc;

use crate::ledger::{
    AuthorizeError, BillPayment, CaptureError, ChangeLimitError, IssueCardError, KeyReused,
    PayBillError, Payment, RefundError, SetCardStatusError, VoidError,
};

/// A merchant's request, with the card as typed. Lives only inside the call.
#[derive(Clone, Debug)]
pub struct PaymentRequest {
    /// Who asks.
    pub merchant: MerchantId,
    /// The merchant's name for this attempt.
    pub key: IdempotencyKey,
    /// The card number.
    pub number: CardNumber,
    /// The expiry typed.
    pub expiry: Expiry,
    /// The security code; absent in a retry by a merchant that no longer has it. Never part of
    /// the body hash, never stored.
    pub cvv: Option<Cvv>,
    /// How much.
    pub amount: Money,
    /// True for a sale.
    pub capture: bool,
    /// Shown on the statement.
    pub store: String,
    /// What is bought.
    pub description: String,
    /// The merchant's order.
    pub order_id: String,
    /// 1 to 12.
    pub installments: u8,
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

/// A card to issue.
#[derive(Clone, Debug)]
pub struct CardRequest {
    /// The card number; the Bank keeps only its token and last four digits.
    pub number: CardNumber,
    /// Name on the card.
    pub holder: String,
    /// Valid through this month.
    pub expiry: Expiry,
    /// Credit limit.
    pub limit: Money,
    /// Day of month, 1 to 28.
    pub closing_day: u8,
    /// Day of month, 1 to 28.
    pub due_day: u8,
    /// Makes a demo card that declines every payment.
    pub always_declines: Option<DeclineReason>,
}

/// The answer to a payment, durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentAnswer {
    /// The payment, approved or declined.
    pub payment: Payment,
    /// True when the answer was given before.
    pub replayed: bool,
}

/// One of many payments that are asked for together.
#[derive(Clone, Debug)]
pub struct NumberedRequest {
    /// Names its answer; chosen by whoever asks.
    pub id: u64,
    /// The payment.
    pub request: PaymentRequest,
    /// Past it nobody waits: a request that the Bank has not come to by then is not decided.
    pub deadline: Option<Instant>,
}

/// Where the answers to [`NumberedRequest`]s go, each with its id, in no order.
pub type Answers = mpsc::UnboundedSender<(u64, Result<PaymentAnswer, PaymentError>)>;

/// A merchant asks for something to be done with one of its payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRequest {
    /// Who asks.
    pub merchant: MerchantId,
    /// The merchant's name for this attempt; one space of keys with its authorizations.
    pub key: IdempotencyKey,
    /// Which payment.
    pub payment: PaymentId,
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

/// The answer to an operation, durable. A refusal is an answer too, and is kept with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationAnswer<Refusal> {
    /// The payment after it, or why nothing was done.
    pub outcome: Result<Payment, Refusal>,
    /// True when the answer was given before.
    pub replayed: bool,
}

/// Which payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentQuery {
    /// By its id.
    Id(PaymentId),
    /// By the key its merchant gave it.
    Key(IdempotencyKey),
}

/// A card's new status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRequest {
    /// Which card.
    pub token: CardToken,
    /// What it shall be.
    pub status: CardStatus,
}

/// A card's new limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRequest {
    /// Which card.
    pub token: CardToken,
    /// What it shall be.
    pub limit: Money,
}

/// A cardholder's payment toward a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRequest {
    /// The payer's name for this payment; it is never forgotten.
    pub key: IdempotencyKey,
    /// Whose bill.
    pub token: CardToken,
    /// How much.
    pub amount: Money,
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

/// The answer to a payment of a bill, durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillAnswer {
    /// The payment, booked or refused.
    pub payment: BillPayment,
    /// True when the answer was given before.
    pub replayed: bool,
}

/// Why the Bank gave no answer. A decline is an answer and is not here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankError<Refusal> {
    /// The request makes no sense; nothing was recorded.
    #[error(transparent)]
    Refused(Refusal),
    /// Too much at once; nothing was recorded. Try again in a moment.
    #[error("the bank has too many requests in progress")]
    Overloaded,
    /// The disk is full; nothing was recorded.
    #[error("the bank cannot record payments: its disk is full")]
    StorageFull,
    /// The Bank is starting or stopping; nothing was recorded.
    #[error("the bank is not ready")]
    Unavailable,
    /// The request came to its turn after its deadline; nothing was recorded.
    #[error("the request's deadline passed before the bank came to it")]
    DeadlinePassed,
    /// The request may or may not have been recorded. Repeat it with the same key.
    #[error("the bank lost the request; repeat it with the same idempotency key")]
    UnknownOutcome,
}

/// Why a payment got no answer.
pub type PaymentError = BankError<AuthorizeError>;
/// Why a key was not closed.
pub type AbandonError = BankError<KeyReused>;
/// Why a capture got no answer.
pub type CaptureFailure = BankError<CaptureError>;
/// Why a void got no answer.
pub type VoidFailure = BankError<VoidError>;
/// Why a refund got no answer.
pub type RefundFailure = BankError<RefundError>;
/// Why a limit was not changed.
pub type LimitError = BankError<ChangeLimitError>;
/// Why a payment of a bill got no answer.
pub type BillFailure = BankError<PayBillError>;
/// Why a card was not issued.
pub type CardError = BankError<IssueCardError>;
/// Why a status was not changed.
pub type StatusError = BankError<SetCardStatusError>;
/// Why a question got no answer: never because of what was asked.
pub type QueryError = BankError<std::convert::Infallible>;
