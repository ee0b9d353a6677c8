//! What a cardholder pays toward a bill, from the asking to the Bank's answer.

use bancada_kernel::{
    CardToken, DeclineReason, EventKind, IdempotencyKey, Money, PaymentEvent, Timestamp,
    TraceContext,
};
use serde::{Deserialize, Serialize};

/// A payment of a bill that was asked for on the statement. It is kept before anybody is told of
/// it, and asked of the Bank under its key until the Bank's event says what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPayment {
    /// Chosen by whoever pays; the Bank books it once, however often it is asked.
    pub key: IdempotencyKey,
    /// Whose bill.
    pub token: CardToken,
    /// How much.
    pub amount: Money,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What became of it.
    pub outcome: BillOutcome,
    /// The request that asked for it.
    pub trace: Option<TraceContext>,
}

/// What became of a payment of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BillOutcome {
    /// The Bank has not answered yet.
    Pending,
    /// Booked: the statement has its line.
    Paid,
    /// Not booked; no money moved.
    Refused(DeclineReason),
}

impl BillPayment {
    /// Whether this is the same request: the same key with anything else is another one.
    pub fn is_repeated_by(&self, other: &BillPayment) -> bool {
        self.key == other.key && self.token == other.token && self.amount == other.amount
    }
}

/// The key of the bill that an event is about, and what it says of it.
pub fn bill_outcome(event: &PaymentEvent) -> Option<(IdempotencyKey, BillOutcome)> {
    let outcome = match event.kind {
        EventKind::BillPaid => BillOutcome::Paid,
        EventKind::BillRefused => {
            BillOutcome::Refused(event.decline.unwrap_or(DeclineReason::DoNotHonor))
        }
        _ => return None,
    };
    IdempotencyKey::parse(&event.order_id).ok().map(|key| (key, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::history::{History, START, token};
    use crate::statement::memory::Content;

    fn asked(key: &str, card: u8, minor: i64) -> BillPayment {
        BillPayment {
            key: IdempotencyKey::parse(key).unwrap(),
            token: token(card),
            amount: Money::brl(minor),
            asked_at: START,
            outcome: BillOutcome::Pending,
            trace: None,
        }
    }

    #[test]
    fn a_request_is_repeated_only_by_the_same_one_whatever_became_of_it() {
        let first = asked("a", 1, 5);
        assert!(first.is_repeated_by(&BillPayment { outcome: BillOutcome::Paid, ..first.clone() }));
        for other in [asked("b", 1, 5), asked("a", 2, 5), asked("a", 1, 6)] {
            assert!(!first.is_repeated_by(&other), "{other:?}");
        }
    }

    #[test]
    fn an_event_settles_the_payment_that_was_asked_for_with_its_key_and_no_other() {
        let mut history = History::of_purchases(1, 1);
        history.push(1, EventKind::BillPaid, 100);
        history.push(1, EventKind::BillRefused, 100);
        let mut content = Content { bills: Vec::new(), ..Content::default() };
        // The keys of a history name positions; the last one never comes.
        content.bills.extend(["bill-3", "bill-4", "bill-9"].map(|key| asked(key, 1, 100)));
        content.apply(&history.records(), START);
        let outcomes: Vec<_> = content.bills.iter().map(|payment| payment.outcome).collect();
        let refused = BillOutcome::Refused(DeclineReason::DoNotHonor);
        assert_eq!(outcomes, [BillOutcome::Paid, refused, BillOutcome::Pending]);
        assert_eq!(history.events.iter().filter_map(bill_outcome).count(), 2);
    }

    #[test]
    fn a_refusal_for_a_card_that_the_bank_does_not_know_settles_too() {
        let mut history = History::default();
        history.push(1, EventKind::BillRefused, 100);
        let stranger = history.events[0].card.as_mut().unwrap();
        (stranger.sequence, stranger.after) = (0, None);
        let mut content = Content { bills: vec![asked("bill-1", 1, 100)], ..Content::default() };
        content.apply(&history.records(), START);
        assert_eq!(content.bills[0].outcome, BillOutcome::Refused(DeclineReason::DoNotHonor));
        assert!(content.cards.is_empty());
    }
}
