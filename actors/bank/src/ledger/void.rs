//! `void` releases the hold of a payment that will not be captured.

use bancada_kernel::{CardSnapshot, EventKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::key_scope::{Decision, KeyReused, Stamp};
use super::operation::{Effect, Operation, Refusal, account_of, less_held};
use super::payment::{Payment, PaymentStatus};
use super::state::Ledger;

/// A merchant gives up a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// Who asks, about which payment.
    pub operation: Operation,
}

/// Why a void is not answered at all. Ordered by precedence; none is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoidError {
    /// The key belongs to another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// There is none with this id, or it is another merchant's.
    #[error("the bank has no such payment")]
    UnknownPayment,
}

/// Why nothing is released. Ordered by precedence; each is recorded as the answer to its key.
/// Variants are added at the end: their order is part of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum VoidRefusal {
    /// The payment was refused.
    #[error("the payment was declined; nothing is held for it")]
    Declined,
    /// Released before, under another key.
    #[error("the payment was voided before")]
    AlreadyVoided,
    /// The time of the hold is over, whether or not it is released yet: it will be.
    #[error("the hold has expired")]
    Expired,
    /// The money was charged.
    #[error("the payment was captured; refund it instead")]
    Captured,
}

impl Void {
    /// Decides. A refusal is an entry like a void: it answers the key.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Decision, VoidError> {
        let operation = &self.operation;
        if let Some(answer) = ledger.answered_operation(operation)? {
            return Ok(Decision::Replay(answer));
        }
        let payment = operation.own_payment(ledger).ok_or(VoidError::UnknownPayment)?;
        if let Some(refusal) = refusal(payment, stamp.now) {
            let refusal = Refusal::Void(refusal);
            return Ok(operation.refused(ledger, stamp, payment, payment.amount, refusal));
        }
        let effect = release(ledger, payment, EventKind::PaymentVoided);
        Ok(operation.done(ledger, stamp, payment, effect))
    }
}

fn refusal(payment: &Payment, now: Timestamp) -> Option<VoidRefusal> {
    match payment.status {
        PaymentStatus::Declined(_) => Some(VoidRefusal::Declined),
        PaymentStatus::Voided => Some(VoidRefusal::AlreadyVoided),
        PaymentStatus::Expired => Some(VoidRefusal::Expired),
        PaymentStatus::Captured | PaymentStatus::Refunded => Some(VoidRefusal::Captured),
        PaymentStatus::Authorized => {
            (now >= payment.hold_ends_at()).then_some(VoidRefusal::Expired)
        }
    }
}

/// The end of a hold without a charge.
pub(super) fn release(ledger: &Ledger, payment: &Payment, kind: EventKind) -> Effect {
    let before = account_of(ledger, payment).snapshot();
    let card = CardSnapshot { held: less_held(&before, payment), ..before };
    Effect { kind, amount: payment.amount, card, postings: Vec::new() }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::{MerchantId, PaymentId};
    use uuid::Uuid;

    use super::*;
    use crate::ledger::HOLD_MS;
    use crate::ledger::fixture::Bench;

    #[test]
    fn a_void_frees_what_was_held_and_moves_no_money() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 300);
        let command = Bench::void_of("v", id);
        let voided = bench.void(&command).unwrap().unwrap();
        assert_eq!(voided.status, PaymentStatus::Voided);
        assert_eq!((bench.card().held.minor, bench.card().available_minor()), (0, 1000));
        assert_eq!(bench.entries.last().unwrap().postings, []);
        assert_eq!(bench.void(&command), Ok(Ok(voided)), "the same key, the same answer");
        assert_eq!(bench.card().sequence, 3);
        bench.check();
    }

    #[test]
    fn refusals_come_in_order_of_precedence_and_answer_their_keys() {
        let mut bench = Bench::with_card(1000);
        let declined = bench.authorize(&Bench::sale("declined", 2000)).unwrap().id;
        let captured = bench.authorize(&Bench::sale("captured", 100)).unwrap().id;
        let voided = bench.hold("voided", 100);
        bench.void(&Bench::void_of("first", voided)).unwrap().unwrap();
        let overdue = bench.hold("overdue", 100);
        bench.now += HOLD_MS;
        for (id, refusal) in [
            (declined, VoidRefusal::Declined),
            (voided, VoidRefusal::AlreadyVoided),
            (overdue, VoidRefusal::Expired),
            (captured, VoidRefusal::Captured),
        ] {
            let command = Bench::void_of(&format!("{refusal:?}"), id);
            assert_eq!(bench.void(&command), Ok(Err(refusal)));
            assert_eq!(bench.void(&command), Ok(Err(refusal)), "again");
        }
        bench.expire();
        let again = bench.void(&Bench::void_of("expired", overdue));
        assert_eq!(again, Ok(Err(VoidRefusal::Expired)));
        bench.check();
    }

    #[test]
    fn a_bad_request_is_not_an_answer() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 100);
        let unknown = Bench::void_of("k", PaymentId::new(Uuid::from_u128(7)));
        assert_eq!(bench.void(&unknown), Err(VoidError::UnknownPayment));
        let mut another = Bench::void_of("k", id);
        another.operation.merchant = MerchantId::parse("another").unwrap();
        assert_eq!(bench.void(&another), Err(VoidError::UnknownPayment));
        let reused = Bench::void_of("hold", id);
        assert_eq!(bench.void(&reused), Err(VoidError::KeyReused(KeyReused)));
        assert!(bench.void(&Bench::void_of("k", id)).unwrap().is_ok());
        bench.check();
    }
}
