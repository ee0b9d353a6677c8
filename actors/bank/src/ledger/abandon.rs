//! `abandon` closes a key whose fate the merchant does not know.

use bancada_kernel::{
    DeclineReason, EventKind, IdempotencyKey, MerchantId, Money, PaymentEvent, PaymentSnapshot,
};

use super::entry::{Entry, RequestIdentity};
use super::key_scope::{Decision, KeyReused, Outcome, Stamp};
use super::state::Ledger;

/// A merchant that lost the answer, and no longer has the request, wants the matter closed.
///
/// The reversal on timeout (*desfazimento*) of ISO 8583 in one step: if the Bank has answered,
/// that answer stands; otherwise the key is answered as declined, and a late copy of the request
/// finds it so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandon {
    /// Who asks.
    pub merchant: MerchantId,
    /// Which attempt.
    pub key: IdempotencyKey,
}

impl Abandon {
    /// Decides. The only error is a key that belongs to a capture, a void or a refund: those are
    /// not closed but repeated, for they need no card.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Result<Decision, KeyReused> {
        match ledger.answer(&self.merchant, &self.key) {
            Some(answer) if answer.outcome == Outcome::Decided => {
                return Ok(Decision::Replay(answer));
            }
            Some(_) => return Err(KeyReused),
            None => {}
        }
        let event = PaymentEvent {
            event_id: stamp.event_id,
            kind: EventKind::PaymentDeclined,
            position: ledger.position() + 1,
            transaction_id: stamp.payment_id,
            card: None,
            amount: Money { minor: 0, currency: ledger.currency() },
            payment: Some(PaymentSnapshot::new(0, stamp.now)),
            store: String::new(),
            description: String::new(),
            merchant_id: Some(self.merchant.clone()),
            order_id: String::new(),
            decline: Some(DeclineReason::Abandoned),
            installments: 1,
            occurred_at: stamp.now,
            trace: stamp.trace,
        };
        let request = RequestIdentity { key: self.key.clone(), body: None };
        let entry = Entry { request: Some(request), ..Entry::of_event(event, stamp.ran) };
        Ok(Decision::Record(Box::new(entry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::fixture::Bench;
    use crate::ledger::{Authorize, CaptureError, PaymentStatus};

    #[test]
    fn a_late_request_finds_an_abandoned_key_closed() {
        let mut bench = Bench::with_card(1000);
        let late = Bench::sale("k", 100);
        let closed = bench.abandon(&late.merchant, "k").unwrap();
        assert_eq!(closed.status, PaymentStatus::Declined(DeclineReason::Abandoned));
        assert_eq!(bench.authorize(&late).unwrap(), closed);
        assert_eq!(bench.card().balance.minor, 0);
        bench.check();
    }

    #[test]
    fn an_answer_that_was_given_stands() {
        let mut bench = Bench::with_card(1000);
        let paid = Bench::sale("k", 100);
        let payment = bench.authorize(&paid).unwrap();
        assert_eq!(bench.abandon(&paid.merchant, "k"), Ok(payment));
        assert_eq!(bench.card().balance.minor, 100);
    }

    #[test]
    fn an_answer_is_given_as_it_was_whatever_became_of_the_payment() {
        let mut bench = Bench::with_card(1000);
        let hold = Authorize { capture: false, ..Bench::sale("k", 100) };
        let held = bench.authorize(&hold).unwrap();
        bench.capture(&Bench::capture_of("c", held.id, 60)).unwrap().unwrap();
        assert_eq!(bench.abandon(&hold.merchant, "k"), Ok(held.clone()));
        assert_eq!(bench.authorize(&hold), Ok(held));
        bench.check();
    }

    #[test]
    fn the_key_of_an_operation_is_not_closed_and_a_closed_key_does_nothing() {
        let mut bench = Bench::with_card(1000);
        let merchant = Bench::sale("k", 100).merchant;
        let id = bench.hold("k", 100);
        bench.void(&Bench::void_of("v", id)).unwrap().unwrap();
        assert_eq!(bench.abandon(&merchant, "v"), Err(KeyReused));
        bench.abandon(&merchant, "closed").unwrap();
        let id = bench.hold("k2", 100);
        let late = bench.capture(&Bench::capture_of("closed", id, 100));
        assert_eq!(late, Err(CaptureError::KeyReused(KeyReused)));
        bench.check();
    }
}
