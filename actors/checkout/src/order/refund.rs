//! What the Bank returned of a charge, as its events tell it.

use bancada_kernel::{OrderId, Timestamp};

use super::{Charge, Command, Order};

/// A charge of an order after something was returned of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The order that was charged, as the shop named it at the Bank.
    pub order: OrderId,
    /// The charge, with all that was returned of it so far.
    pub charge: Charge,
}

impl Order {
    /// Follows a refund; whether that changed anything. An order whose outcome is still open was
    /// charged, or nothing could have been returned.
    pub fn follow(&mut self, refund: &Refund, now: Timestamp) -> bool {
        let Refund { charge, .. } = refund;
        let approved = Command::Approve(Charge { refunded_minor: 0, ..charge.clone() });
        let refunded =
            Command::Refund { payment: charge.payment, refunded_minor: charge.refunded_minor };
        let mut has_changed = false;
        for command in [approved, refunded] {
            if let Ok(event) = self.decide(command) {
                self.evolve(event, now);
                has_changed = true;
            }
        }
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::{Money, PaymentId};
    use uuid::Uuid;

    use super::*;
    use crate::order::fixture::an_order;
    use crate::order::{Cancellation, OrderState};

    fn refund(n: u128, refunded_minor: i64) -> Refund {
        let payment = PaymentId::new(Uuid::from_u128(n));
        let amount = Money::brl(3_990);
        let charge = Charge { payment, card_token: None, amount, refunded_minor };
        Refund { order: an_order().id, charge }
    }

    #[test]
    fn an_order_follows_a_refund_wherever_it_stands() {
        let paid = |n, minor| OrderState::Paid(refund(n, minor).charge);
        let refunded = || OrderState::Refunded(refund(1, 3_990).charge);
        let cancelled = || OrderState::Cancelled(Cancellation::ByBuyer);
        for (from, told, expected) in [
            (paid(1, 0), refund(1, 3_990), Some(refunded())),
            (paid(1, 0), refund(1, 10), Some(paid(1, 10))),
            (paid(1, 10), refund(1, 10), None),
            (paid(2, 0), refund(1, 3_990), None),
            (OrderState::Paying, refund(1, 3_990), Some(refunded())),
            (OrderState::Unknown, refund(1, 10), Some(paid(1, 10))),
            (refunded(), refund(1, 10), None),
            (cancelled(), refund(1, 3_990), None),
        ] {
            let mut order = Order { state: from.clone(), ..an_order() };
            let has_changed = order.follow(&told, Timestamp(9));
            assert_eq!(has_changed, expected.is_some(), "{from:?}");
            assert_eq!(order.state, expected.unwrap_or(from));
        }
    }
}
