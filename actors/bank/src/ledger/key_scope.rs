//! Idempotency: a merchant's key has at most one effect and one answer (L3).

use bancada_kernel::{EventId, IdempotencyKey, MerchantId, PaymentId, Timestamp, TraceContext};
use serde::{Deserialize, Serialize};

use super::entry::Entry;
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
    /// Answered before: the answer is this payment, durable with its own position.
    Replay(PaymentId),
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
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

impl Ledger {
    /// The payment that answers this key, if it was used; an error if with another body.
    ///
    /// An abandoned key was never seen with a body, and answers any: a late copy of the request
    /// must find the key closed, not a conflict.
    pub(super) fn answered(
        &self,
        merchant: &MerchantId,
        key: &IdempotencyKey,
        body: Option<BodyHash>,
    ) -> Result<Option<PaymentId>, KeyReused> {
        let Some(answer) = self.answer(merchant, key) else { return Ok(None) };
        match (answer.body, body) {
            (Some(first), Some(now)) if first != now => Err(KeyReused),
            _ => Ok(Some(answer.payment)),
        }
    }
}
