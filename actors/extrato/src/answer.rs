//! What readers are told.

use bancada_kernel::CardToken;
use bancada_kernel::limits::MAX_AMOUNT_MINOR;

use crate::freshness::Freshness;
use crate::ports::StoreError;
use crate::statement::{BillPayment, StatementCard, StatementLine};

/// A page of the cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardList {
    /// By holder, then by masked number.
    pub cards: Vec<StatementCard>,
    /// After which card the next page begins; `None` on the last.
    pub next: Option<CardToken>,
    /// How current this is.
    pub freshness: Freshness,
}

/// A page of a card's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The card.
    pub card: StatementCard,
    /// The latest first.
    pub lines: Vec<StatementLine>,
    /// The positions of those that are holds and stand no more: captured, or released.
    pub ended_holds: Vec<u64>,
    /// The next page's [`Filter::before`](crate::statement::Filter::before); `None` on the last.
    pub next: Option<u64>,
    /// How current this is.
    pub freshness: Freshness,
}

/// A payment of a bill that was asked for: durable here, and the Bank will be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillAsked {
    /// As it stands.
    pub payment: BillPayment,
    /// True when it was asked for before, with this key.
    pub replayed: bool,
}

/// Why a payment of a bill is not asked for, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayBillError {
    /// Zero or less.
    #[error("the amount must be greater than zero")]
    AmountNotPositive,
    /// More than a bill may be.
    #[error("the amount must be at most {MAX_AMOUNT_MINOR} minor units")]
    AmountTooLarge,
    /// No event of this card has arrived.
    #[error("the statement knows no such card")]
    UnknownCard,
    /// Not the card's currency.
    #[error("the card is in another currency")]
    CurrencyNotSupported,
    /// The key has another payment.
    #[error("this idempotency key was used before with a different payment")]
    KeyReused,
    /// Too much at once; nothing was kept.
    #[error("too many payments of bills at once")]
    Overloaded,
    /// No room; nothing was kept.
    #[error("the disk of the statements is full")]
    StorageFull,
    /// The store does not answer: the payment may have been kept. Repeat it with the same key.
    #[error("the statement cannot say whether it kept the payment")]
    Unavailable,
}

impl From<ReadError> for PayBillError {
    fn from(error: ReadError) -> PayBillError {
        match error {
            ReadError::Overloaded => PayBillError::Overloaded,
            ReadError::Unavailable => PayBillError::Unavailable,
        }
    }
}

/// Why a record that could not be read stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadLetterError {
    /// There is none with this number.
    #[error("there is no dead letter with this number")]
    Unknown,
    /// It still cannot be read.
    #[error("it still cannot be read: {0}")]
    Unreadable(String),
    /// The store cannot be read or written. Try again in a moment.
    #[error("the statement's store does not answer")]
    Unavailable,
}

impl From<ReadError> for DeadLetterError {
    fn from(_: ReadError) -> DeadLetterError {
        DeadLetterError::Unavailable
    }
}

impl From<StoreError> for DeadLetterError {
    fn from(_: StoreError) -> DeadLetterError {
        DeadLetterError::Unavailable
    }
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Too much at once. Try again in a moment.
    #[error("the statement has too many readers")]
    Overloaded,
    /// The store cannot be read.
    #[error("the statement cannot be read")]
    Unavailable,
}

/// Why a card cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// No event of this card has arrived.
    #[error("the statement knows no such card")]
    UnknownCard,
    /// As many follow as may. Try again in a moment.
    #[error("the statement has too many readers")]
    Overloaded,
    /// The store cannot be read.
    #[error("the statement cannot be read")]
    Unavailable,
}

impl From<ReadError> for SubscribeError {
    fn from(error: ReadError) -> SubscribeError {
        match error {
            ReadError::Overloaded => SubscribeError::Overloaded,
            ReadError::Unavailable => SubscribeError::Unavailable,
        }
    }
}
