//! The order: what it holds, what may happen to it, and how a basket becomes one.
//!
//! **Architecture invariant:** pure. No clock, no ids made here, no I/O.

mod basket;
mod fingerprint;
#[cfg(test)]
pub(crate) mod fixture;
mod machine;
mod refund;

use bancada_kernel::{Brand, CardToken, DeclineReason, Money, OrderId, PaymentId};
use bancada_kernel::{Timestamp, TraceContext};
use serde::{Deserialize, Serialize};

pub use basket::{
    BasketError, Item, MAX_INSTALLMENTS, MAX_LINES, MAX_QUANTITY, PricedBasket, price,
};
pub use fingerprint::Fingerprint;
pub use machine::{Command, Event, Refusal};
pub use refund::Refund;

use crate::catalogue::Text;

/// How long after an order was placed the Bank knows its key, if it has ever seen it. The Bank
/// keeps an answer for 8 days at least; a day is left for clocks that differ, and for the call.
pub const KEY_IS_KNOWN_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// One purchase. Its id is also the idempotency key of its payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Minted by the browser.
    pub id: OrderId,
    /// What was bought, at the prices of that moment.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines.
    pub total: Money,
    /// What may be kept of the card.
    pub card: MaskedCard,
    /// 1 to 12.
    pub installments: u8,
    /// Where it stands.
    pub state: OrderState,
    /// Tells a repeated request from another one with the same key.
    pub fingerprint: Fingerprint,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// The request that placed it.
    pub trace: Option<TraceContext>,
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Which product.
    pub slug: String,
    /// Its name when it was bought.
    pub name: Text,
    /// 1 to 99.
    pub quantity: u32,
    /// The price of one when it was bought.
    pub unit_price: Money,
    /// Quantity times price.
    pub total: Money,
}

/// A card that can no longer be charged with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskedCard {
    /// Its brand.
    pub brand: Brand,
    /// `************1234`
    pub masked_number: String,
}

/// Where an order stands, with everything known about its money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderState {
    /// Written down; nothing was sent.
    Placed,
    /// Being sent to the Bank, for the first time or again.
    Paying,
    /// Charged; a part of it may have been returned.
    Paid(Charge),
    /// Refused by the Bank; nothing was charged.
    Declined {
        /// The Bank's record of the refusal.
        payment: PaymentId,
        /// Why.
        reason: DeclineReason,
    },
    /// The Bank's answer was lost; at most one charge exists under the order's key. It stays so
    /// if the Bank could not be asked before it forgot the key.
    Unknown,
    /// Given up without a payment.
    Cancelled(Cancellation),
    /// Charged, and all of the charge returned.
    Refunded(Charge),
}

/// Money that the Bank took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The Bank's payment.
    pub payment: PaymentId,
    /// The card at the Bank: leads to its statement.
    pub card_token: Option<CardToken>,
    /// How much the Bank says it took.
    pub amount: Money,
    /// How much of it the Bank has returned so far, in minor units.
    #[serde(default)]
    pub refunded_minor: i64,
}

impl Charge {
    /// What of it is left.
    pub fn kept(&self) -> Money {
        Money { minor: self.amount.minor.saturating_sub(self.refunded_minor), ..self.amount }
    }

    /// Whether it is the same one, whatever was returned of it.
    pub fn is_same(&self, other: &Charge) -> bool {
        let Charge { payment, card_token, amount, refunded_minor: _ } = self;
        (payment, card_token, amount) == (&other.payment, &other.card_token, &other.amount)
    }
}

/// Why an order has no payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cancellation {
    /// Before anything was sent.
    ByBuyer,
    /// The Bank did not take the request as one it could decide about.
    RefusedByBank {
        /// The Bank's word for it.
        code: String,
        /// The Bank's sentence.
        message: String,
    },
    /// The Bank had decided about it, and lost that; whoever runs the Bank gave it up.
    LostByBank {
        /// The payment that is not there any more.
        payment: PaymentId,
    },
}

impl Order {
    /// The Bank's payment, as far as the shop was told of one.
    pub fn payment(&self) -> Option<PaymentId> {
        match &self.state {
            OrderState::Paid(charge) | OrderState::Refunded(charge) => Some(charge.payment),
            OrderState::Declined { payment, .. } => Some(*payment),
            _ => None,
        }
    }

    /// The order after its Bank lost events for good, where that changes it. `payment` is what the
    /// Bank still has of a payment: whether all of it was returned, `None` for nothing.
    pub fn after_loss(&self, payment: &dyn Fn(PaymentId) -> Option<bool>) -> Option<OrderState> {
        let id = self.payment()?;
        match (&self.state, payment(id)) {
            (_, None) => Some(OrderState::Cancelled(Cancellation::LostByBank { payment: id })),
            // How much is still returned is heard from the Bank's events, as anything else.
            (OrderState::Refunded(charge), Some(false)) => {
                Some(OrderState::Paid(Charge { refunded_minor: 0, ..charge.clone() }))
            }
            _ => None,
        }
    }

    /// Whether the payment has no outcome yet, so that somebody must ask the Bank.
    pub fn is_unresolved(&self) -> bool {
        self.state.is_unresolved()
    }

    /// Whether a key that the Bank does not know was never charged, and may be closed. Later the
    /// Bank may have forgotten what it answered, and only an answer that is found says anything.
    pub fn may_be_closed(&self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.placed_at.0) < KEY_IS_KNOWN_MS
    }

    /// The payment's description: what stands on the statement. Only from what is stored with
    /// the order, because a retry with the same key must say the same.
    pub fn description(&self) -> String {
        let Some(first) = self.lines.first() else { return String::new() };
        match self.lines.len() - 1 {
            0 => first.name.pt_br.clone(),
            1 => format!("{} e mais 1 item", first.name.pt_br),
            n_more => format!("{} e mais {n_more} itens", first.name.pt_br),
        }
    }
}

impl OrderState {
    /// Whether somebody must ask the Bank.
    pub fn is_unresolved(&self) -> bool {
        matches!(self, OrderState::Placed | OrderState::Paying | OrderState::Unknown)
    }

    /// The word in JSON and in the store.
    pub fn word(&self) -> &'static str {
        match self {
            OrderState::Placed => "placed",
            OrderState::Paying => "paying",
            OrderState::Paid(_) => "paid",
            OrderState::Declined { .. } => "declined",
            OrderState::Unknown => "unknown",
            OrderState::Cancelled(_) => "cancelled",
            OrderState::Refunded(_) => "refunded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::an_order;
    use super::*;

    #[test]
    fn an_order_follows_a_bank_that_lost_its_payment_or_its_refund() {
        let payment = PaymentId::new(uuid::Uuid::from_u128(1));
        let amount = Money::brl(100);
        let charge = Charge { payment, card_token: None, amount, refunded_minor: 0 };
        let after = |state: OrderState, known: Option<bool>| {
            Order { state, ..an_order() }.after_loss(&|id| (id == payment).then_some(known)?)
        };
        let lost = Some(OrderState::Cancelled(Cancellation::LostByBank { payment }));
        let (paid, refunded) =
            (OrderState::Paid(charge.clone()), OrderState::Refunded(charge.clone()));
        let declined = OrderState::Declined { payment, reason: DeclineReason::CardBlocked };
        for state in [&paid, &refunded, &declined] {
            assert_eq!(after(state.clone(), None), lost);
        }
        assert_eq!(after(refunded.clone(), Some(false)), Some(paid.clone()));
        for (state, known) in [
            (refunded, true),
            (paid.clone(), false),
            (declined, false),
            (OrderState::Unknown, true),
        ] {
            assert_eq!(after(state, Some(known)), None);
        }
        assert_eq!(after(OrderState::Paying, None), None, "the shop asks");
    }

    #[test]
    fn a_key_may_be_closed_for_seven_days() {
        let order = an_order();
        let after = |days: i64, ms: i64| {
            let now = order.placed_at.0 + days * 24 * 60 * 60 * 1_000 + ms;
            order.may_be_closed(Timestamp(now))
        };
        assert!(after(0, 0) && after(7, -1));
        assert!(!after(7, 0) && !after(800, 0));
        assert!(after(-1, 0), "a clock that was set back");
    }
}
