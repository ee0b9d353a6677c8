//! A payment as the ledger remembers it.

use bancada_kernel::{
    Brand, CardToken, DeclineReason, MerchantId, Money, PaymentId, Text, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::expire::HOLD_MS;

/// Where a payment stands.
///
/// ```text
/// authorized -> captured -> refunded     declined     (a sale begins as captured)
///            -> voided | expired
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PaymentStatus {
    /// A hold was placed.
    Authorized,
    /// Money was charged; a part of it may have been returned.
    Captured,
    /// Refused; no money moved.
    Declined(DeclineReason),
    /// The hold was released by the merchant.
    Voided,
    /// Everything that was charged has been returned.
    Refunded,
    /// The hold was released by time.
    Expired,
}

impl PaymentStatus {
    /// Why the payment was refused, if it was.
    pub fn decline(self) -> Option<DeclineReason> {
        match self {
            PaymentStatus::Declined(reason) => Some(reason),
            _ => None,
        }
    }
}

/// A payment: what was decided about it, and how far it has come since. Every payment is kept for
/// ever, so the texts that repeat from payment to payment are kept once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    /// Its id; the event's transaction id.
    pub id: PaymentId,
    /// Who asked.
    pub merchant: MerchantId,
    /// The merchant's order.
    pub order_id: Text,
    /// Shown on the statement, with every line of this payment.
    pub store: Text,
    /// What is bought.
    pub description: Text,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was asked for.
    pub amount: Money,
    /// Charged, in minor units (L4: never more than authorized).
    pub captured_minor: i64,
    /// Returned so far, in minor units (L4: never more than captured).
    pub refunded_minor: i64,
    /// The card, unless the Bank never learned it (an abandoned key).
    pub card: Option<PaymentCard>,
    /// 1 to 12.
    pub installments: u8,
    /// When the Bank decided about it.
    pub occurred_at: Timestamp,
    /// Position of the last entry that changed it: it is durable from there on.
    pub position: u64,
}

/// What a payment tells of its card.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PaymentCard {
    /// Token of the number that was presented.
    pub token: CardToken,
    /// `************1234`
    pub masked_number: Text,
    /// Its brand.
    pub brand: Brand,
}

/// What changes in a payment's life. An answer keeps this much, so that it can be given again as
/// it was, whatever has become of the payment since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) status: PaymentStatus,
    pub(super) captured_minor: i64,
    pub(super) refunded_minor: i64,
    pub(super) position: u64,
}

impl Payment {
    /// From when on its hold has expired, if it was authorized and is not captured or voided.
    pub fn hold_ends_at(&self) -> Timestamp {
        Timestamp(self.occurred_at.0.saturating_add(HOLD_MS))
    }

    /// Charged and not returned, in minor units: what can still be refunded.
    pub fn refundable_minor(&self) -> i64 {
        self.captured_minor.saturating_sub(self.refunded_minor)
    }

    /// What the buyer pays month by month: equal parts of what was charged (of what is held,
    /// before that), with the remaining minor units on the first. Empty where nothing is charged.
    /// A refund is a line of its own on the statement and leaves the plan as it is.
    pub fn installment_plan(&self) -> Vec<Money> {
        let minor = match self.status {
            PaymentStatus::Authorized => self.amount.minor,
            PaymentStatus::Captured | PaymentStatus::Refunded => self.captured_minor,
            PaymentStatus::Declined(_) | PaymentStatus::Voided | PaymentStatus::Expired => {
                return Vec::new();
            }
        };
        Money { minor, ..self.amount }.installments(self.installments.into())
    }

    pub(super) fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            captured_minor: self.captured_minor,
            refunded_minor: self.refunded_minor,
            position: self.position,
        }
    }

    /// The payment as it stood then.
    pub(super) fn at(&self, standing: Standing) -> Payment {
        let Standing { status, captured_minor, refunded_minor, position } = standing;
        Payment { status, captured_minor, refunded_minor, position, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_declined_payment_says_why() {
        use PaymentStatus::{Authorized, Captured, Declined, Expired, Refunded, Voided};
        let reason = DeclineReason::InsufficientFunds;
        assert_eq!(Declined(reason).decline(), Some(reason));
        for other in [Authorized, Captured, Voided, Refunded, Expired] {
            assert_eq!(other.decline(), None, "{other:?}");
        }
    }
}
