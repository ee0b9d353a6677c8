//! What a cardholder pays toward a bill, from the asking to the Bank's answer.

use bancada_kernel::{
    CardToken, DeclineReason, EventKind, IdempotencyKey, Money, PaymentEvent, Timestamp,
    TraceContext,
};
use serde::{Deserialize, Serialize};

/// A payment of a bill that was asked for on the statement. It is kept before anybody is told of
/// it, and asked of the Bank under its key until the Bank's event says what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPayment {
    /// Chosen by whoever pays; the Bank books it once, however often it is asked.
    pub key: IdempotencyKey,
    /// Whose bill.
    pub token: CardToken,
    /// How much.
    pub amount: Money,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What became of it.
    pub outcome: BillOutcome,
    /// The request that asked for it.
    pub trace: Option<TraceContext>,
}

/// What became of a payment of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BillOutcome {
    /// The Bank has not answered yet.
    Pending,
    /// Booked: the statement has its line.
    Paid,
    /// Not booked; no money moved.
    Refused(DeclineReason),
}

impl BillPayment {
    /// Whether this is the same request: the same key with anything else is another one.
    pub fn is_repeated_by(&self, other: &BillPayment) -> bool {
        self.key == other.key && self.token == other.token && self.amount == other.amount
    }
}

/// The key of the bill that an event is about, and what it says of it.
pub fn bill_outcome(event: &PaymentEvent) -> Option<(IdempotencyKey, BillOutcome)> {
    let outcome = match event.kind {
        EventKind::BillPaid => BillOutcome::Paid,
        EventKind::BillRefused => {
            BillOutcome::Refused(event.decline.unwrap_or(DeclineReason::DoNotHonor))
        }
        _ => return None,
    };
    IdempotencyKey::parse(&event.order_id).ok().map(|key| (key, outcome))
}
