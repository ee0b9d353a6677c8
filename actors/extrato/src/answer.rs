//! What readers are told.

use crate::freshness::Freshness;
use crate::statement::{StatementCard, StatementLine};

/// Every card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardList {
    /// By holder, then by masked number.
    pub cards: Vec<StatementCard>,
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
    /// The next page's [`Filter::before`](crate::statement::Filter::before); `None` on the last.
    pub next: Option<u64>,
    /// How current this is.
    pub freshness: Freshness,
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
