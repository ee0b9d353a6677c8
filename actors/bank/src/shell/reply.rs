//! Where an answer goes once it is durable.

use std::time::Instant;

use bancada_supervision::InFlightGuard;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::answer::{Answers, BankError, PaymentAnswer, PaymentError};

/// Takes the answer to one request.
pub(crate) trait AnswerTo<T, E>: Send + 'static {
    /// Answers. A caller that no longer waits asks again with the same key.
    fn send(self, answer: Result<T, BankError<E>>);

    /// Whether nobody can use an answer any more: the caller has gone, or its deadline has
    /// passed. Work that was not begun by then is not begun.
    fn is_abandoned(&self) -> bool;
}

impl<T, E> AnswerTo<T, E> for oneshot::Sender<Result<T, BankError<E>>>
where
    T: Send + 'static,
    E: Send + 'static,
{
    fn send(self, answer: Result<T, BankError<E>>) {
        let _ = oneshot::Sender::send(self, answer);
    }

    fn is_abandoned(&self) -> bool {
        self.is_closed()
    }
}

/// The reply to one of many requests that share a way back. One that is dropped without an
/// answer says that the outcome is unknown.
pub(crate) struct NumberedReply {
    id: u64,
    deadline: Option<Instant>,
    /// Absent once it is answered.
    answers: Option<Answers>,
    /// What admission gave, until the answer is there.
    _admission: Option<(OwnedSemaphorePermit, InFlightGuard)>,
}

impl NumberedReply {
    pub(crate) fn new(id: u64, deadline: Option<Instant>, answers: Answers) -> NumberedReply {
        NumberedReply { id, deadline, answers: Some(answers), _admission: None }
    }

    /// The same, holding its place among the requests in progress.
    pub(crate) fn admitted(
        mut self,
        permit: OwnedSemaphorePermit,
        in_flight: InFlightGuard,
    ) -> NumberedReply {
        self._admission = Some((permit, in_flight));
        self
    }

    fn answer(&mut self, answer: Result<PaymentAnswer, PaymentError>) {
        if let Some(answers) = self.answers.take() {
            // Whoever waited has gone.
            let _ = answers.send((self.id, answer));
        }
    }
}

impl AnswerTo<PaymentAnswer, crate::ledger::AuthorizeError> for NumberedReply {
    fn send(mut self, answer: Result<PaymentAnswer, PaymentError>) {
        self.answer(answer);
    }

    fn is_abandoned(&self) -> bool {
        self.answers.as_ref().is_none_or(mpsc::UnboundedSender::is_closed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

impl Drop for NumberedReply {
    fn drop(&mut self) {
        self.answer(Err(BankError::UnknownOutcome));
    }
}
