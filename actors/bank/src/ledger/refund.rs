//! `refund` returns what was captured, wholly or in part, as often as there is something left.
//!
//! With a payment of the bill it is the only command that lowers a card's balance, and may take it
//! below zero, into credit: where it comes after the charge has been paid. A card that was blocked
//! or cancelled gets its money back all the same.

use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{CardSnapshot, EventKind, Money};
use serde::{Deserialize, Serialize};

use super::key_scope::{Decision, KeyReused, Stamp};
use super::operation::{Effect, Operation, Refusal, account_of};
use super::payment::{Payment, PaymentStatus};
use super::posting;
use super::state::Ledger;

/// A merchant gives money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Who asks, about which payment.
    pub operation: Operation,
    /// How much of it.
    pub amount: Money,
}

/// Why a refund is not answered at all. Ordered by precedence; none is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// The key belongs to another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// Zero or less.
    #[error("the amount must be more than zero")]
    AmountNotPositive,
    /// More than any payment may be about.
    #[error("the amount must be at most {MAX_AMOUNT_MINOR} minor units")]
    AmountTooLarge,
    /// Not the ledger's currency.
    #[error("the currency is not the one this bank keeps its books in")]
    CurrencyNotSupported,
    /// There is none with this id, or it is another merchant's.
    #[error("the bank has no such payment")]
    UnknownPayment,
}

/// Why nothing is returned. Ordered by precedence; each is recorded as the answer to its key.
/// Variants are added at the end: their order is part of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum RefundRefusal {
    /// The payment was refused.
    #[error("the payment was declined; nothing was charged")]
    Declined,
    /// The hold was released.
    #[error("the payment was voided; nothing was charged")]
    Voided,
    /// The hold was released by time.
    #[error("the hold has expired; nothing was charged")]
    Expired,
    /// The money is only held.
    #[error("the payment is not captured; void it instead")]
    NotCaptured,
    /// More than was charged and is not returned yet.
    #[error("the amount is more than was captured and not yet refunded")]
    MoreThanCaptured,
    /// The card would be in credit by more than a card may be.
    #[error("the card would be in credit by more than {MAX_AMOUNT_MINOR} minor units")]
    CreditTooLarge,
}

impl Refund {
    /// Decides. A refusal is an entry like a refund: it answers the key.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Decision, RefundError> {
        let Refund { operation, amount } = self;
        if let Some(answer) = ledger.answered_operation(operation)? {
            return Ok(Decision::Replay(answer));
        }
        if amount.minor <= 0 {
            return Err(RefundError::AmountNotPositive);
        }
        if amount.minor > MAX_AMOUNT_MINOR {
            return Err(RefundError::AmountTooLarge);
        }
        if amount.currency != ledger.currency() {
            return Err(RefundError::CurrencyNotSupported);
        }
        let payment = operation.own_payment(ledger).ok_or(RefundError::UnknownPayment)?;
        let refused = |refusal| {
            let refusal = Refusal::Refund(refusal);
            Ok(operation.refused(ledger, stamp, payment, *amount, refusal))
        };
        if let Some(refusal) = self.refusal(payment) {
            return refused(refusal);
        }
        let account = account_of(ledger, payment);
        let Some(balance) = account.balance_after_credit(*amount) else {
            return refused(RefundRefusal::CreditTooLarge);
        };
        let card = CardSnapshot { balance, ..account.snapshot() };
        let postings = posting::refund(&account.token, &operation.merchant, amount.minor);
        let effect = Effect { kind: EventKind::PaymentRefunded, amount: *amount, card, postings };
        Ok(operation.done(ledger, stamp, payment, effect))
    }

    fn refusal(&self, payment: &Payment) -> Option<RefundRefusal> {
        match payment.status {
            PaymentStatus::Declined(_) => Some(RefundRefusal::Declined),
            PaymentStatus::Voided => Some(RefundRefusal::Voided),
            PaymentStatus::Expired => Some(RefundRefusal::Expired),
            PaymentStatus::Authorized => Some(RefundRefusal::NotCaptured),
            PaymentStatus::Captured | PaymentStatus::Refunded => (self.amount.minor
                > payment.refundable_minor())
            .then_some(RefundRefusal::MoreThanCaptured),
        }
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::{CardStatus, Currency, MerchantId, PaymentId};
    use uuid::Uuid;

    use super::*;
    use crate::ledger::fixture::Bench;
    use crate::ledger::{HOLD_MS, SetCardStatus};

    #[test]
    fn parts_are_returned_until_nothing_is_left() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 500);
        bench.capture(&Bench::capture_of("c", id, 300)).unwrap().unwrap();
        for (key, minor, status, balance) in [
            ("r1", 100, PaymentStatus::Captured, 200),
            ("r2", 199, PaymentStatus::Captured, 1),
            ("r3", 1, PaymentStatus::Refunded, 0),
        ] {
            let refunded = bench.refund(&Bench::refund_of(key, id, minor)).unwrap().unwrap();
            assert_eq!(refunded.status, status, "{key}");
            assert_eq!(refunded.refundable_minor(), balance, "{key}");
            assert_eq!(bench.card().balance.minor, balance, "{key}");
            assert_eq!(bench.owed_to_merchant(), i128::from(balance), "{key}");
            bench.check();
        }
        let more = bench.refund(&Bench::refund_of("r4", id, 1));
        assert_eq!(more, Ok(Err(RefundRefusal::MoreThanCaptured)));
        let second = bench.refund(&Bench::refund_of("r2", id, 199)).unwrap().unwrap();
        assert_eq!(second.refunded_minor, 299, "as it was then");
        bench.check();
    }

    #[test]
    fn refusals_come_in_order_of_precedence_and_answer_their_keys() {
        let mut bench = Bench::with_card(1000);
        let declined = bench.authorize(&Bench::sale("declined", 2000)).unwrap().id;
        let expired = bench.hold("expired", 100);
        bench.now += HOLD_MS;
        bench.expire();
        let voided = bench.hold("voided", 100);
        bench.void(&Bench::void_of("v", voided)).unwrap().unwrap();
        let held = bench.hold("held", 100);
        let charged = bench.authorize(&Bench::sale("charged", 100)).unwrap().id;
        for (id, refusal) in [
            (declined, RefundRefusal::Declined),
            (voided, RefundRefusal::Voided),
            (expired, RefundRefusal::Expired),
            (held, RefundRefusal::NotCaptured),
            (charged, RefundRefusal::MoreThanCaptured),
        ] {
            let command = Bench::refund_of(&format!("{refusal:?}"), id, 101);
            assert_eq!(bench.refund(&command), Ok(Err(refusal)));
        }
        bench.check();
    }

    #[test]
    fn a_refused_refund_stays_refused_when_a_repetition_would_find_money() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 100);
        let early = Bench::refund_of("k", id, 100);
        assert_eq!(bench.refund(&early), Ok(Err(RefundRefusal::NotCaptured)));
        bench.capture(&Bench::capture_of("c", id, 100)).unwrap().unwrap();
        assert_eq!(bench.refund(&early), Ok(Err(RefundRefusal::NotCaptured)));
        assert_eq!(bench.card().balance.minor, 100);
        bench.check();
    }

    #[test]
    fn a_bad_request_is_not_an_answer() {
        let mut bench = Bench::with_card(1000);
        let id = bench.authorize(&Bench::sale("sale", 100)).unwrap().id;
        let good = Bench::refund_of("k", id, 100);
        let amount = |amount| Refund { amount, ..good.clone() };
        let mut unknown = good.clone();
        unknown.operation.payment = PaymentId::new(Uuid::from_u128(7));
        let mut another = good.clone();
        another.operation.merchant = MerchantId::parse("another").unwrap();
        let reused = Bench::refund_of("sale", id, 0);
        for (command, error) in [
            (reused, RefundError::KeyReused(KeyReused)),
            (amount(Money::brl(0)), RefundError::AmountNotPositive),
            (
                amount(Money { minor: 100, currency: Currency::USD }),
                RefundError::CurrencyNotSupported,
            ),
            (unknown, RefundError::UnknownPayment),
            (another, RefundError::UnknownPayment),
        ] {
            assert_eq!(bench.refund(&command), Err(error));
        }
        bench.set_status(&SetCardStatus { token: Bench::token(), status: CardStatus::Cancelled });
        assert!(bench.refund(&good).unwrap().is_ok(), "also to a cancelled card");
        bench.check();
    }
}
