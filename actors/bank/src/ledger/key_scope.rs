//! Idempotency: a merchant's key has at most one effect and one answer (L3).
//!
//! All commands of a merchant share one space of keys. What is kept of a key's answer is which
//! payment it is about, how that payment stood then, and why nothing was done, if so; the facts
//! of a payment that never change are kept once, with the payment.
//!
//! An answer is kept for [`ANSWERS_KEPT_MS`](super::ANSWERS_KEPT_MS); a key that is used again
//! later is a new request.

use bancada_kernel::{EventId, IdempotencyKey, MerchantId, PaymentId, Timestamp, TraceContext};
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::operation::{Operation, Refusal};
use super::payment::{Payment, Standing};
use super::payments::PaymentNumber;
use super::run_time::RunTime;
use super::state::Ledger;

/// A keyed hash of a request's body without its CVV. Keyed, because a plain hash of card data
/// can be reversed by trying every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodyHash(pub [u8; 16]);

/// What a command leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Something new to record.
    Record(Box<Entry>),
    /// Answered before; see [`Ledger::given`].
    Replay(Answer),
}

/// The answer to an idempotency key, as the ledger keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Answer {
    pub(super) payment: PaymentNumber,
    pub(super) body: Option<BodyHash>,
    pub(super) standing: Standing,
    pub(super) outcome: Outcome,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// An authorization was decided, approved or declined.
    Decided,
    /// An operation on a payment was done.
    Done,
    /// An operation on a payment was refused.
    Refused(Refusal),
}

/// An answer in full, as it was when it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The payment.
    pub payment: Payment,
    /// Why nothing was done with it, if so.
    pub refusal: Option<Refusal>,
}

/// The key was used before for another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this idempotency key was used before with a different request")]
pub struct KeyReused;

/// What the shell gives to a decision: ids and time come from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// For the event.
    pub event_id: EventId,
    /// For the payment, if there will be one.
    pub payment_id: PaymentId,
    /// The Bank's clock.
    pub now: Timestamp,
    /// How long Banks have run, which is what answers grow old by.
    pub ran: RunTime,
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

impl Ledger {
    /// An answer that was given before, as it was. `None` only for an answer of another ledger.
    pub fn given(&self, answer: Answer) -> Option<Answered> {
        let refusal = match answer.outcome {
            Outcome::Refused(refusal) => Some(refusal),
            Outcome::Decided | Outcome::Done => None,
        };
        let payment = self.answered_payment(answer)?.at(answer.standing);
        Some(Answered { payment, refusal })
    }

    /// The answer to this authorization, if its key was used; an error if for something else.
    ///
    /// An abandoned key was never seen with a body, and answers any: a late copy of the request
    /// must find the key closed, not a conflict.
    pub(super) fn answered(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
        body: BodyHash,
    ) -> Result<Option<Answer>, KeyReused> {
        let Some(answer) = self.answer(merchant, key) else { return Ok(None) };
        match answer.body {
            Some(first) if first != body => Err(KeyReused),
            _ => Ok(Some(answer)),
        }
    }

    /// The answer to this operation, if its key was used; an error if for something else, which
    /// an abandoned key is: whoever abandons it asks about an authorization.
    pub(super) fn answered_operation(
        &self,
        operation: &Operation,
    ) -> Result<Option<Answer>, KeyReused> {
        match self.answer(&operation.merchant, &operation.key) {
            Some(answer) if answer.body != Some(operation.body) => Err(KeyReused),
            answer => Ok(answer),
        }
    }
}
