//! What may happen to an order.
//!
//! ```text
//! placed -> paying -> paid | declined | cancelled
//!             |  ^
//!             v  |
//!           unknown -> paid | declined | cancelled
//! placed -> cancelled                paid -> paid (a part returned) -> refunded
//! ```

use bancada_kernel::{DeclineReason, PaymentId, Timestamp};

use super::{Cancellation, Charge, Order, OrderState};

/// What somebody wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The request is about to be sent to the Bank.
    Pay,
    /// The Bank charged the card.
    Approve(Charge),
    /// The Bank declined.
    Decline {
        /// The Bank's record of it.
        payment: PaymentId,
        /// Why.
        reason: DeclineReason,
    },
    /// The Bank does not take the request as one it could decide about; nothing happened.
    Refuse {
        /// The Bank's word for it.
        code: String,
        /// The Bank's sentence.
        message: String,
    },
    /// An attempt ended without an answer.
    LoseAnswer,
    /// The buyer gives up.
    Cancel,
    /// The Bank returned so much of the charge, in all.
    Refund {
        /// Of which payment.
        payment: PaymentId,
        /// In minor units.
        refunded_minor: i64,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The payment began.
    PaymentStarted,
    /// The card was charged.
    Approved(Charge),
    /// The card was not charged.
    Declined {
        /// The Bank's record of it.
        payment: PaymentId,
        /// Why.
        reason: DeclineReason,
    },
    /// Nobody knows whether the card was charged.
    AnswerLost,
    /// There is no payment and there will be none.
    Cancelled(Cancellation),
    /// So much of the charge was returned, in all.
    Refunded {
        /// In minor units.
        refunded_minor: i64,
    },
}

/// Why a command does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The order has its outcome, the same as this command reports.
    #[error("the order already stands there")]
    AlreadyThere,
    /// The order has an outcome, and this is another one: somebody must look into it.
    #[error("the order already has another outcome")]
    OutcomeDiffers,
    /// Not from where the order stands.
    #[error("the order cannot go there from where it stands")]
    NotAllowed,
}

impl Order {
    /// Decides.
    pub fn decide(&self, command: Command) -> Result<Event, Refusal> {
        use OrderState as S;
        match (&self.state, command) {
            (S::Placed, Command::Pay) => Ok(Event::PaymentStarted),
            (S::Placed, Command::Cancel) => Ok(Event::Cancelled(Cancellation::ByBuyer)),
            (S::Paying | S::Unknown, Command::Approve(charge)) => Ok(Event::Approved(charge)),
            (S::Paying | S::Unknown, Command::Decline { payment, reason }) => {
                Ok(Event::Declined { payment, reason })
            }
            (S::Paying | S::Unknown, Command::Refuse { code, message }) => {
                Ok(Event::Cancelled(Cancellation::RefusedByBank { code, message }))
            }
            (S::Paying, Command::LoseAnswer) => Ok(Event::AnswerLost),
            (S::Paid(known) | S::Refunded(known), Command::Refund { payment, refunded_minor }) => {
                match known.payment == payment {
                    false => Err(Refusal::OutcomeDiffers),
                    true if refunded_minor <= known.refunded_minor => Err(Refusal::AlreadyThere),
                    true => Ok(Event::Refunded { refunded_minor }),
                }
            }
            (S::Unknown, Command::LoseAnswer) | (S::Paying, Command::Pay) => {
                Err(Refusal::AlreadyThere)
            }
            (S::Paid(known) | S::Refunded(known), Command::Approve(told)) => {
                Err(differs_unless(known.is_same(&told)))
            }
            (S::Declined { payment: known, .. }, Command::Decline { payment, .. }) => {
                Err(differs_unless(*known == payment))
            }
            (
                S::Paid(_) | S::Refunded(_) | S::Declined { .. } | S::Cancelled(_),
                Command::Approve(_) | Command::Decline { .. } | Command::Refuse { .. },
            ) => Err(Refusal::OutcomeDiffers),
            (_, _) => Err(Refusal::NotAllowed),
        }
    }

    /// Applies what happened at `now`.
    pub fn evolve(&mut self, event: Event, now: Timestamp) {
        self.state = match (event, &self.state) {
            (Event::PaymentStarted, _) => OrderState::Paying,
            (Event::Approved(charge), _) => OrderState::Paid(charge),
            (Event::Declined { payment, reason }, _) => OrderState::Declined { payment, reason },
            (Event::AnswerLost, _) => OrderState::Unknown,
            (Event::Cancelled(why), _) => OrderState::Cancelled(why),
            (
                Event::Refunded { refunded_minor },
                OrderState::Paid(charge) | OrderState::Refunded(charge),
            ) => after_refund(Charge { refunded_minor, ..charge.clone() }),
            // Decided on another state; knowledge about money is never thrown away.
            (Event::Refunded { .. }, _) => return,
        };
        self.updated_at = self.updated_at.max(now);
    }
}

fn after_refund(charge: Charge) -> OrderState {
    match charge.kept().minor > 0 {
        true => OrderState::Paid(charge),
        false => OrderState::Refunded(charge),
    }
}

fn differs_unless(same: bool) -> Refusal {
    if same { Refusal::AlreadyThere } else { Refusal::OutcomeDiffers }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::Money;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::order::fixture::an_order;

    fn charge(n: u128) -> Charge {
        let payment = PaymentId::new(Uuid::from_u128(n));
        Charge { payment, card_token: None, amount: Money::brl(3_990), refunded_minor: 0 }
    }

    fn refund(n: u128, refunded_minor: i64) -> Command {
        Command::Refund { payment: charge(n).payment, refunded_minor }
    }

    fn refunded(charge: Charge) -> OrderState {
        OrderState::Refunded(Charge { refunded_minor: 3_990, ..charge })
    }

    fn decline(n: u128) -> Command {
        let payment = PaymentId::new(Uuid::from_u128(n));
        Command::Decline { payment, reason: DeclineReason::InsufficientFunds }
    }

    fn refuse() -> Command {
        Command::Refuse { code: "k".to_owned(), message: "m".to_owned() }
    }

    fn state(word: &str) -> OrderState {
        match word {
            "placed" => OrderState::Placed,
            "paying" => OrderState::Paying,
            "paid" => OrderState::Paid(charge(1)),
            "declined" => OrderState::Declined {
                payment: charge(1).payment,
                reason: DeclineReason::InsufficientFunds,
            },
            "unknown" => OrderState::Unknown,
            "cancelled" => OrderState::Cancelled(Cancellation::ByBuyer),
            "refunded" => refunded(charge(1)),
            other => panic!("no state {other}"),
        }
    }

    const STATES: [&str; 7] =
        ["placed", "paying", "paid", "declined", "unknown", "cancelled", "refunded"];

    #[test]
    fn every_command_in_every_state() {
        let commands = || {
            [
                Command::Pay,
                Command::Approve(charge(1)),
                decline(1),
                refuse(),
                Command::LoseAnswer,
                Command::Cancel,
                refund(1, 3_990),
            ]
        };
        // One row per state; columns: pay, approve, decline, refuse, lose answer, cancel, refund.
        // `=` is "already there", `!` "another outcome", `-` "not allowed".
        for (from, row) in [
            ("placed", ["paying", "-", "-", "-", "-", "cancelled", "-"]),
            ("paying", ["=", "paid", "declined", "cancelled", "unknown", "-", "-"]),
            ("paid", ["-", "=", "!", "!", "-", "-", "refunded"]),
            ("declined", ["-", "!", "=", "!", "-", "-", "-"]),
            ("unknown", ["-", "paid", "declined", "cancelled", "=", "-", "-"]),
            ("cancelled", ["-", "!", "!", "!", "-", "-", "-"]),
            ("refunded", ["-", "=", "!", "!", "-", "-", "="]),
        ] {
            for (command, expected) in commands().into_iter().zip(row) {
                let mut order = an_order();
                order.state = state(from);
                let told = format!("{from}: {command:?}");
                let found = match order.decide(command) {
                    Ok(event) => {
                        order.evolve(event, Timestamp(9));
                        order.state.word()
                    }
                    Err(Refusal::AlreadyThere) => "=",
                    Err(Refusal::OutcomeDiffers) => "!",
                    Err(Refusal::NotAllowed) => "-",
                };
                assert_eq!(found, expected, "{told}");
            }
        }
    }

    #[test]
    fn a_charge_is_returned_in_parts_and_never_less_than_was_heard() {
        let mut order = an_order();
        order.state = state("paid");
        let mut hear = |command: Command| match order.decide(command) {
            Ok(event) => {
                order.evolve(event, Timestamp(9));
                Ok(order.state.clone())
            }
            Err(refusal) => Err(refusal),
        };
        let part = |refunded_minor| OrderState::Paid(Charge { refunded_minor, ..charge(1) });
        assert_eq!(hear(refund(1, 1_000)), Ok(part(1_000)));
        assert_eq!(hear(refund(1, 1_000)), Err(Refusal::AlreadyThere));
        assert_eq!(hear(refund(1, 400)), Err(Refusal::AlreadyThere), "told late");
        assert_eq!(hear(refund(2, 3_990)), Err(Refusal::OutcomeDiffers), "of another payment");
        assert_eq!(hear(refund(1, 3_989)), Ok(part(3_989)));
        assert_eq!(hear(Command::Approve(charge(1))), Err(Refusal::AlreadyThere));
        assert_eq!(hear(refund(1, 3_990)), Ok(refunded(charge(1))));
        assert_eq!(hear(refund(1, 3_990)), Err(Refusal::AlreadyThere));
    }

    #[test]
    fn a_second_payment_for_one_order_is_noticed() {
        let mut order = an_order();
        order.state = state("paid");
        assert_eq!(order.decide(Command::Approve(charge(2))), Err(Refusal::OutcomeDiffers));
        order.state = state("declined");
        assert_eq!(order.decide(decline(2)), Err(Refusal::OutcomeDiffers));
    }

    fn any_command() -> impl Strategy<Value = Command> {
        prop_oneof![
            Just(Command::Pay),
            (1_u128..4).prop_map(|n| Command::Approve(charge(n))),
            (1_u128..4).prop_map(decline),
            Just(refuse()),
            Just(Command::LoseAnswer),
            Just(Command::Cancel),
            (1_u128..4, 0_i64..5_000).prop_map(|(n, minor)| refund(n, minor)),
        ]
    }

    proptest! {
        #[test]
        fn an_outcome_is_final_and_money_is_never_forgotten(
            from in proptest::sample::select(&STATES[..]),
            commands in proptest::collection::vec(any_command(), 0..12),
        ) {
            let mut order = an_order();
            order.state = state(from);
            for command in commands {
                let before = order.clone();
                let by_bank = matches!(
                    command,
                    Command::Approve(_) | Command::Decline { .. } | Command::Refuse { .. }
                );
                let Ok(event) = order.decide(command.clone()) else { continue };
                order.evolve(event, Timestamp(9));
                match &before.state {
                    OrderState::Paid(was) | OrderState::Refunded(was) => {
                        let (OrderState::Paid(is) | OrderState::Refunded(is)) = &order.state else {
                            return Err(TestCaseError::fail(format!("{:?}", order.state)));
                        };
                        prop_assert!(is.is_same(was) && is.refunded_minor > was.refunded_minor);
                    }
                    OrderState::Unknown => prop_assert!(by_bank, "{:?} resolved it", command),
                    OrderState::Placed | OrderState::Paying => {}
                    terminal => prop_assert!(false, "{:?} was left by {:?}", terminal, command),
                }
                if let Command::Approve(charge) = command {
                    prop_assert_eq!(&order.state, &OrderState::Paid(charge));
                }
                prop_assert_eq!(before.total, order.total);
                prop_assert_eq!(before.id, order.id);
            }
        }

        #[test]
        fn an_event_of_another_state_never_drops_a_charge(
            from in proptest::sample::select(&STATES[..]),
        ) {
            let mut order = an_order();
            order.state = state(from);
            let before = order.clone();
            order.evolve(Event::Refunded { refunded_minor: 3_990 }, Timestamp(9));
            if from != "paid" && from != "refunded" {
                prop_assert_eq!(before, order);
            }
        }
    }
}
