//! A payment as the ledger remembers it.

use bancada_kernel::{Brand, CardToken, DeclineReason, MerchantId, Money, PaymentId, Timestamp};

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// A hold was placed.
    Authorized,
    /// Money was charged.
    Captured,
    /// Refused; no money moved.
    Declined(DeclineReason),
}

/// A payment and its answer. The answer to its idempotency key is this, whenever it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    /// Its id; the event's transaction id.
    pub id: PaymentId,
    /// Who asked.
    pub merchant: MerchantId,
    /// The merchant's order.
    pub order_id: String,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was asked for.
    pub amount: Money,
    /// Charged so far, in minor units (L4: never more than authorized).
    pub captured_minor: i64,
    /// The card, unless the Bank never learned it (an abandoned key).
    pub card: Option<PaymentCard>,
    /// 1 to 12.
    pub installments: u8,
    /// When the Bank decided.
    pub occurred_at: Timestamp,
    /// Position of the entry that decided it: durable from there on.
    pub position: u64,
}

/// What a payment tells of its card.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaymentCard {
    /// Token of the number that was presented.
    pub token: CardToken,
    /// `************1234`
    pub masked_number: String,
    /// Its brand.
    pub brand: Brand,
}
