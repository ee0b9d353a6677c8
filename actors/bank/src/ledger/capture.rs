//! `capture` charges an authorized payment, wholly or in part.
//!
//! Once per authorization, as the card networks have it by default (docs.stripe.com/payments/
//! capture-later): what is not captured is released by the same entry. A card that was blocked
//! or cancelled meanwhile is charged all the same; the Bank has promised the merchant this money.

use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{CardSnapshot, EventKind, Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::key_scope::{Decision, KeyReused, Stamp};
use super::operation::{Effect, Operation, Refusal, account_of, less_held};
use super::payment::{Payment, PaymentStatus};
use super::posting;
use super::state::Ledger;

/// A merchant asks for the money that is held for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Who asks, about which payment.
    pub operation: Operation,
    /// How much of it.
    pub amount: Money,
}

/// Why a capture is not answered at all. Ordered by precedence; none is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
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

/// Why nothing is captured. Ordered by precedence; each is recorded as the answer to its key.
/// Variants are added at the end: their order is part of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
pub enum CaptureRefusal {
    /// The payment was refused.
    #[error("the payment was declined; nothing is held for it")]
    Declined,
    /// The hold was released.
    #[error("the payment was voided; nothing is held for it")]
    Voided,
    /// The time of the hold is over, whether or not it is released yet.
    #[error("the hold has expired")]
    Expired,
    /// Captured before, wholly or in part.
    #[error("the payment was captured before; an authorization is captured once")]
    AlreadyCaptured,
    /// More than is held.
    #[error("the amount is more than was authorized")]
    MoreThanAuthorized,
}

impl Capture {
    /// Decides. A refusal is an entry like a capture: it answers the key.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Decision, CaptureError> {
        let Capture { operation, amount } = self;
        if let Some(answer) = ledger.answered_operation(operation)? {
            return Ok(Decision::Replay(answer));
        }
        if amount.minor <= 0 {
            return Err(CaptureError::AmountNotPositive);
        }
        if amount.minor > MAX_AMOUNT_MINOR {
            return Err(CaptureError::AmountTooLarge);
        }
        if amount.currency != ledger.currency() {
            return Err(CaptureError::CurrencyNotSupported);
        }
        let payment = operation.own_payment(ledger).ok_or(CaptureError::UnknownPayment)?;
        if let Some(refusal) = self.refusal(payment, stamp.now) {
            let refusal = Refusal::Capture(refusal);
            return Ok(operation.refused(ledger, stamp, payment, *amount, refusal));
        }
        let account = account_of(ledger, payment);
        let before = account.snapshot();
        let card = CardSnapshot {
            held: less_held(&before, payment),
            // Exact: balance and holds were within one limit when it was approved.
            balance: Money {
                minor: before.balance.minor.saturating_add(amount.minor),
                ..before.balance
            },
            ..before
        };
        let postings = posting::charge(&account.token, &operation.merchant, amount.minor);
        let effect = Effect { kind: EventKind::PaymentCaptured, amount: *amount, card, postings };
        Ok(operation.done(ledger, stamp, payment, effect))
    }

    fn refusal(&self, payment: &Payment, now: Timestamp) -> Option<CaptureRefusal> {
        match payment.status {
            PaymentStatus::Declined(_) => Some(CaptureRefusal::Declined),
            PaymentStatus::Voided => Some(CaptureRefusal::Voided),
            PaymentStatus::Expired => Some(CaptureRefusal::Expired),
            PaymentStatus::Captured | PaymentStatus::Refunded => {
                Some(CaptureRefusal::AlreadyCaptured)
            }
            // The clock decides, not how soon the hold is released after it.
            PaymentStatus::Authorized if now >= payment.hold_ends_at() => {
                Some(CaptureRefusal::Expired)
            }
            PaymentStatus::Authorized => (self.amount.minor > payment.amount.minor)
                .then_some(CaptureRefusal::MoreThanAuthorized),
        }
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::{CardStatus, Currency, MerchantId, PaymentId};
    use uuid::Uuid;

    use super::*;
    use crate::ledger::fixture::{Bench, NOW};
    use crate::ledger::{Authorize, HOLD_MS, SetCardStatus};

    #[test]
    fn what_is_captured_is_charged_and_the_rest_is_free_again() {
        for (minor, available) in [(300, 700), (120, 880), (1, 999)] {
            let mut bench = Bench::with_card(1000);
            let id = bench.hold("hold", 300);
            let captured = bench.capture(&Bench::capture_of("c", id, minor)).unwrap().unwrap();
            assert_eq!(
                (captured.status, captured.captured_minor),
                (PaymentStatus::Captured, minor)
            );
            let card = bench.card();
            let found = (card.balance.minor, card.held.minor, card.available_minor());
            assert_eq!(found, (minor, 0, available));
            assert_eq!(bench.owed_to_merchant(), i128::from(minor));
            bench.check();
        }
    }

    #[test]
    fn refusals_come_in_order_of_precedence_and_answer_their_keys() {
        let mut bench = Bench::with_card(1000);
        let declined = bench.authorize(&Bench::sale("declined", 2000)).unwrap().id;
        let voided = bench.hold("voided", 100);
        bench.void(&Bench::void_of("v", voided)).unwrap().unwrap();
        let captured = bench.hold("captured", 100);
        bench.capture(&Bench::capture_of("c", captured, 40)).unwrap().unwrap();
        let refunded = bench.authorize(&Bench::sale("refunded", 100)).unwrap().id;
        bench.refund(&Bench::refund_of("r", refunded, 100)).unwrap().unwrap();
        let held = bench.hold("held", 100);
        let cases = [
            (declined, CaptureRefusal::Declined),
            (voided, CaptureRefusal::Voided),
            (captured, CaptureRefusal::AlreadyCaptured),
            (refunded, CaptureRefusal::AlreadyCaptured),
            (held, CaptureRefusal::MoreThanAuthorized),
        ];
        let card = bench.card().clone();
        for (id, refusal) in cases {
            // The amount is too much as well: the state of the payment comes first.
            let command =
                Bench::capture_of(&format!("{refusal:?} {id}").replace(' ', "-"), id, 101);
            assert_eq!(bench.capture(&command), Ok(Err(refusal)), "{refusal:?}");
            let position = bench.ledger.position();
            assert_eq!(bench.capture(&command), Ok(Err(refusal)), "again");
            assert_eq!(bench.ledger.position(), position, "nothing new");
        }
        assert_eq!(*bench.card(), card, "a refusal leaves the card as it is");
        bench.check();
    }

    #[test]
    fn a_hold_is_captured_until_its_time_is_over_and_not_later() {
        let mut bench = Bench::with_card(1000);
        let (first, second) = (bench.hold("a", 100), bench.hold("b", 100));
        bench.now = NOW.0 + HOLD_MS - 1;
        assert!(bench.capture(&Bench::capture_of("in-time", first, 100)).unwrap().is_ok());
        bench.now += 1;
        let late = Bench::capture_of("late", second, 500);
        assert_eq!(bench.capture(&late), Ok(Err(CaptureRefusal::Expired)));
        assert_eq!(bench.payment(second).status, PaymentStatus::Authorized, "nobody asked yet");
        assert_eq!(bench.expire(), 1);
        let later = Bench::capture_of("later", second, 500);
        assert_eq!(bench.capture(&later), Ok(Err(CaptureRefusal::Expired)));
        bench.now = NOW.0;
        assert_eq!(bench.capture(&late), Ok(Err(CaptureRefusal::Expired)), "a clock set back");
        bench.check();
    }

    #[test]
    fn a_bad_request_is_not_an_answer() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 100);
        let good = Bench::capture_of("k", id, 100);
        let amount = |amount| Capture { amount, ..good.clone() };
        let dollars = Money { minor: 100, currency: Currency::USD };
        let mut unknown = good.clone();
        unknown.operation.payment = PaymentId::new(Uuid::from_u128(7));
        let mut another = good.clone();
        another.operation.merchant = MerchantId::parse("another").unwrap();
        for (command, error) in [
            (amount(Money::brl(0)), CaptureError::AmountNotPositive),
            (amount(Money::brl(-1)), CaptureError::AmountNotPositive),
            (amount(Money { minor: -1, ..dollars }), CaptureError::AmountNotPositive),
            (amount(dollars), CaptureError::CurrencyNotSupported),
            (unknown, CaptureError::UnknownPayment),
            (another, CaptureError::UnknownPayment),
        ] {
            assert_eq!(bench.capture(&command), Err(error));
        }
        assert!(bench.capture(&good).unwrap().is_ok(), "the key was not used up");
        bench.check();
    }

    #[test]
    fn a_key_has_one_answer_whatever_it_is_asked_for_next() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 100);
        let command = Bench::capture_of("k", id, 60);
        let first = bench.capture(&command).unwrap().unwrap();
        bench.refund(&Bench::refund_of("r", id, 60)).unwrap().unwrap();
        assert_eq!(bench.capture(&command), Ok(Ok(first)), "as it was, not as it is");
        let reused = KeyReused;
        let other = Bench::capture_of("k", id, 61);
        assert_eq!(bench.capture(&other), Err(CaptureError::KeyReused(reused)));
        let no_money = Bench::capture_of("k", id, 0);
        assert_eq!(bench.capture(&no_money), Err(CaptureError::KeyReused(reused)), "keys first");
        let of_hold = Bench::capture_of("hold", id, 60);
        assert_eq!(bench.capture(&of_hold), Err(CaptureError::KeyReused(reused)));
        let sale = Authorize { body: command.operation.body, ..Bench::sale("r", 1) };
        assert!(bench.authorize(&sale).is_err(), "a refund's key is no authorization's");
        bench.check();
    }

    #[test]
    fn a_promise_is_kept_for_a_card_that_can_no_longer_pay() {
        let mut bench = Bench::with_card(1000);
        let id = bench.hold("hold", 1000);
        bench.set_status(&SetCardStatus { token: Bench::token(), status: CardStatus::Cancelled });
        assert!(bench.capture(&Bench::capture_of("k", id, 1000)).unwrap().is_ok());
        bench.check();
    }

    #[test]
    fn the_first_installment_bears_the_cents() {
        let mut bench = Bench::with_card(2000);
        let hold = Authorize { capture: false, installments: 3, ..Bench::sale("hold", 2000) };
        let plan = |payment: &Payment| -> Vec<_> {
            payment.installment_plan().into_iter().map(|part| part.minor).collect()
        };
        let held = bench.authorize(&hold).unwrap();
        assert_eq!(plan(&held), [668, 666, 666]);
        bench.capture(&Bench::capture_of("c", held.id, 500)).unwrap().unwrap();
        assert_eq!(plan(bench.payment(held.id)), [168, 166, 166], "of what is charged");
        let declined = bench.authorize(&Bench::sale("declined", 5000)).unwrap();
        assert_eq!(plan(&declined), []);
    }
}
