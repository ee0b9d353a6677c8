//! The way out for records that could not be read.

use async_trait::async_trait;

use crate::statement::DeadLetter;

/// Hands records on that could not be read, to whoever looks at them where they came from.
#[async_trait]
pub trait DeadLetterSink: Send + Sync + 'static {
    /// Hands over one record; when it returns, it is durable there. It may be handed over any
    /// number of times.
    async fn put(&self, letter: &DeadLetter) -> Result<(), DeadLetterSinkError>;
}

/// Why a record was not handed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeadLetterSinkError {
    /// It may or may not have been handed over. It is tried again.
    #[error("dead letters cannot be handed on: {0}")]
    Away(String),
    /// This record is never taken, whenever it is tried.
    #[error("the dead letter is not taken: {0}")]
    Refused(String),
}
