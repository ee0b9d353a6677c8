//! `abandon` closes a key whose fate the merchant does not know.

use bancada_kernel::{DeclineReason, EventKind, IdempotencyKey, MerchantId, Money, PaymentEvent};

use super::entry::{Entry, RequestIdentity};
use super::key_scope::{Decision, Stamp};
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
    /// Decides; there is no way to refuse it.
    pub fn decide(&self, ledger: &Ledger, stamp: Stamp) -> Decision {
        if let Some(answer) = ledger.answer(&self.merchant, &self.key) {
            return Decision::Replay(answer.payment);
        }
        let event = PaymentEvent {
            event_id: stamp.event_id,
            kind: EventKind::PaymentDeclined,
            position: ledger.position() + 1,
            transaction_id: stamp.payment_id,
            card: None,
            amount: Money { minor: 0, currency: ledger.currency() },
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
        Decision::Record(Box::new(Entry {
            event,
            postings: Vec::new(),
            request: Some(request),
            issued: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::PaymentStatus;
    use crate::ledger::fixture::Bench;

    #[test]
    fn a_late_request_finds_an_abandoned_key_closed() {
        let mut bench = Bench::with_card(1000);
        let late = Bench::sale("k", 100);
        let closed = bench.abandon(&late.merchant, "k");
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
        assert_eq!(bench.abandon(&paid.merchant, "k"), payment);
        assert_eq!(bench.card().balance.minor, 100);
    }
}
