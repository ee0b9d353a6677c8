//! An answer that waits until what it depends on is durable.

use crate::answer::BankError;
use crate::shell::reply::AnswerTo;

/// Why an entry did not become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// The disk is full; nothing was written.
    Full,
    /// What it was decided on did not become durable; nothing was written.
    Stale,
    /// Nobody knows.
    Unknown,
}

/// An answer of any type that is sent once its entry is durable.
pub(crate) struct Pending(Box<dyn FnOnce(Result<(), Unwritten>) + Send>);

impl Pending {
    /// Answers `reply` with `answer`, or says why there is none.
    pub(crate) fn new<T, E>(reply: impl AnswerTo<T, E>, answer: Result<T, BankError<E>>) -> Pending
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        Pending(Box::new(move |durable| {
            reply.send(match durable {
                Ok(()) => answer,
                Err(Unwritten::Full) => Err(BankError::StorageFull),
                Err(Unwritten::Stale) => Err(BankError::Unavailable),
                Err(Unwritten::Unknown) => Err(BankError::UnknownOutcome),
            });
        }))
    }

    /// For an entry that nobody asked for.
    pub(crate) fn for_nobody() -> Pending {
        Pending(Box::new(|_| {}))
    }

    /// Sends it.
    pub(crate) fn settle(self, durable: Result<(), Unwritten>) {
        (self.0)(durable);
    }
}
