//! `pay_bill` books what a cardholder pays toward what the card owes.
//!
//! It comes from the statement, and over ways that deliver more than once and late: each has a
//! key, which is kept for ever. There are few of them, one per card and month, and a copy may
//! arrive after any time.

use std::collections::HashMap;

use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{
    Brand, CardSnapshot, CardToken, DeclineReason, EventCard, EventKind, IdempotencyKey, Money,
    PaymentEvent, PaymentId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::key_scope::{KeyReused, Stamp};
use super::posting;
use super::state::Ledger;

/// A cardholder pays. More than is owed leaves a credit, of at most [`MAX_AMOUNT_MINOR`]; a card
/// that is blocked or cancelled owes as before, and can be paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayBill {
    /// Chosen by whoever pays: one key, one payment.
    pub key: IdempotencyKey,
    /// Whose bill.
    pub token: CardToken,
    /// How much.
    pub amount: Money,
}

/// A payment of a bill that was decided, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BillPayment {
    /// The Bank's own name for it.
    pub id: PaymentId,
    /// Whose bill.
    pub token: CardToken,
    /// How much.
    pub amount: Money,
    /// Why it was not booked, if so.
    pub refused: Option<DeclineReason>,
    /// When the Bank decided.
    pub occurred_at: Timestamp,
    /// Where it is in the journal.
    pub position: u64,
}

/// Why nothing is recorded, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayBillError {
    /// The key has another payment.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// Zero or less.
    #[error("the amount must be greater than zero")]
    AmountNotPositive,
    /// More than a bill may be.
    #[error("the amount must be at most {MAX_AMOUNT_MINOR} minor units")]
    AmountTooLarge,
    /// Not the ledger's currency.
    #[error("the currency is not the one this bank keeps its books in")]
    CurrencyNotSupported,
}

impl PayBill {
    /// Decides; `None` when the key was answered before, see [`Ledger::bill_payment`]. What can
    /// never be booked is recorded as well: whoever sent it waits for an event.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Option<Entry>, PayBillError> {
        if let Some(known) = ledger.bill_payment(&self.key) {
            let is_same = known.token == self.token && known.amount == self.amount;
            return if is_same { Ok(None) } else { Err(KeyReused.into()) };
        }
        if self.amount.minor <= 0 {
            return Err(PayBillError::AmountNotPositive);
        }
        if self.amount.minor > MAX_AMOUNT_MINOR {
            return Err(PayBillError::AmountTooLarge);
        }
        if self.amount.currency != ledger.currency() {
            return Err(PayBillError::CurrencyNotSupported);
        }
        let Some(account) = ledger.card(&self.token) else {
            let stranger = EventCard {
                token: self.token.clone(),
                sequence: 0,
                masked_number: String::new(),
                brand: Brand::Other,
                after: None,
            };
            return Ok(Some(self.refuse(ledger, stamp, stranger, DeclineReason::UnknownCard)));
        };
        let Some(balance) = account.balance_after_credit(self.amount) else {
            let card = account.in_next_event(account.snapshot());
            return Ok(Some(self.refuse(ledger, stamp, card, DeclineReason::NotPermitted)));
        };
        let after = CardSnapshot { balance, ..account.snapshot() };
        let event = self.event(EventKind::BillPaid, ledger, stamp, account.in_next_event(after));
        let postings = posting::bill_payment(&self.token, self.amount.minor);
        Ok(Some(Entry { postings, ..Entry::of_event(event, stamp.ran) }))
    }

    fn refuse(&self, ledger: &Ledger, stamp: Stamp, card: EventCard, why: DeclineReason) -> Entry {
        let event = self.event(EventKind::BillRefused, ledger, stamp, card);
        Entry::of_event(PaymentEvent { decline: Some(why), ..event }, stamp.ran)
    }

    /// The key stands where a merchant's order would: by it the payer knows its payment again.
    fn event(
        &self,
        kind: EventKind,
        ledger: &Ledger,
        stamp: Stamp,
        card: EventCard,
    ) -> PaymentEvent {
        let position = ledger.position() + 1;
        let amount = self.amount;
        PaymentEvent {
            transaction_id: stamp.payment_id,
            order_id: self.key.as_str().to_owned(),
            ..PaymentEvent::of_card(
                kind,
                stamp.event_id,
                position,
                card,
                amount,
                stamp.now,
                stamp.trace,
            )
        }
    }
}

/// Every payment of a bill there ever was, by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BillPayments(HashMap<IdempotencyKey, BillPayment>);

impl BillPayments {
    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<&BillPayment> {
        self.0.get(key)
    }

    pub(super) fn put(&mut self, key: IdempotencyKey, payment: BillPayment) {
        self.0.insert(key, payment);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// In no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&IdempotencyKey, &BillPayment)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::{CardStatus, Currency};

    use super::*;
    use crate::ledger::fixture::Bench;
    use crate::ledger::{Account, SetCardStatus};

    fn pay(key: &str, minor: i64) -> PayBill {
        Bench::bill(key, minor)
    }

    #[test]
    fn what_is_paid_is_owed_no_more_and_can_be_spent_again() {
        let mut bench = Bench::with_card(1_000);
        bench.authorize(&Bench::sale("sale", 900)).unwrap();
        let stamp = bench.stamp();
        let paid = bench.pay_bill(&pay("bill", 650)).unwrap();
        assert_eq!((paid.amount, paid.refused), (Money::brl(650), None));
        assert_eq!((paid.id, paid.occurred_at, paid.position), (stamp.payment_id, stamp.now, 3));
        assert_eq!((bench.card().balance.minor, bench.card().available_minor()), (250, 750));
        let received = bench.ledger.books().find(|(it, _)| **it == Account::BillPayments);
        assert_eq!(received.map(|(_, sum)| sum), Some(650));
        bench.check();
        let more = bench.pay_bill(&pay("more", 300)).unwrap();
        assert_eq!(more.refused, None, "more than is owed is a credit");
        assert_eq!((bench.card().balance.minor, bench.card().available_minor()), (-50, 1_050));
        bench.check();
        bench.replay();
        bench.check();
    }

    #[test]
    fn a_key_is_one_payment_however_often_and_late_it_comes() {
        let mut bench = Bench::with_card(1_000);
        let first = bench.pay_bill(&pay("bill", 100)).unwrap();
        bench.run(100 * crate::ledger::ANSWERS_KEPT_MS);
        bench.change_limit(2_000);
        assert_eq!(bench.pay_bill(&pay("bill", 100)), Ok(first));
        let reused = Err(PayBillError::KeyReused(KeyReused));
        assert_eq!(bench.pay_bill(&pay("bill", 101)), reused);
        let token = CardToken::parse("other").unwrap();
        assert_eq!(bench.pay_bill(&PayBill { token, ..pay("bill", 100) }), reused);
        assert_eq!(bench.card().balance.minor, -100);
        bench.check();
        bench.restore();
        assert_eq!(bench.pay_bill(&pay("bill", 101)), reused, "a snapshot knows the keys");
        bench.check();
    }

    #[test]
    fn a_card_that_cannot_pay_can_be_paid_for() {
        for status in [CardStatus::Blocked, CardStatus::Cancelled] {
            let mut bench = Bench::with_card(1_000);
            bench.authorize(&Bench::sale("sale", 10)).unwrap();
            bench.set_status(&SetCardStatus { token: Bench::token(), status });
            assert_eq!(bench.pay_bill(&pay("bill", 10)).unwrap().refused, None);
            assert_eq!((bench.card().balance.minor, bench.card().status), (0, status));
            bench.check();
        }
    }

    #[test]
    fn what_cannot_be_booked_is_answered_by_an_event_and_moves_nothing() {
        let mut bench = Bench::with_card(1_000);
        let nobody = PayBill { token: CardToken::parse("nobody").unwrap(), ..pay("a", 5) };
        let refused = bench.pay_bill(&nobody).unwrap();
        assert_eq!(refused.refused, Some(DeclineReason::UnknownCard));
        assert_eq!(bench.pay_bill(&nobody), Ok(refused), "a refusal is an answer");
        bench.pay_bill(&pay("all", MAX_AMOUNT_MINOR)).unwrap();
        let refused = bench.pay_bill(&pay("more", 1)).unwrap();
        assert_eq!(refused.refused, Some(DeclineReason::NotPermitted));
        assert_eq!(bench.card().balance.minor, -MAX_AMOUNT_MINOR);
        let kinds: Vec<_> = bench.entries.iter().map(|entry| entry.event.kind).collect();
        let (paid, refused) = (EventKind::BillPaid, EventKind::BillRefused);
        assert_eq!(kinds, [EventKind::CardIssued, refused, paid, refused]);
        bench.check();
    }

    #[test]
    fn what_has_no_sense_records_nothing_and_leaves_the_key_free() {
        let mut bench = Bench::with_card(1_000);
        let dollars = |minor| Money { minor, currency: Currency::USD };
        for (amount, error) in [
            (Money::brl(0), PayBillError::AmountNotPositive),
            (Money::brl(MAX_AMOUNT_MINOR + 1), PayBillError::AmountTooLarge),
            (Money::brl(i64::MAX), PayBillError::AmountTooLarge),
            (dollars(-1), PayBillError::AmountNotPositive),
            (dollars(1), PayBillError::CurrencyNotSupported),
        ] {
            assert_eq!(bench.pay_bill(&PayBill { amount, ..pay("bill", 1) }), Err(error));
        }
        assert_eq!(bench.pay_bill(&pay("bill", 1)).unwrap().refused, None);
        bench.check();
    }
}
