//! What a cardholder pays toward a bill, from the asking to the Bank's answer.

use bancada_kernel::{
    CardToken, DeclineReason, EventKind, IdempotencyKey, Money, PaymentEvent, Timestamp,
    TraceContext,
};
use serde::{Deserialize, Serialize};

use super::Rows;
use crate::ports::StoreError;

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

/// The payment of a bill that an event answers, with what it says of it.
pub fn answered_bill(event: &PaymentEvent) -> Option<BillPayment> {
    let outcome = match event.kind {
        EventKind::BillPaid => BillOutcome::Paid,
        EventKind::BillRefused => {
            BillOutcome::Refused(event.decline.unwrap_or(DeclineReason::DoNotHonor))
        }
        _ => return None,
    };
    Some(BillPayment {
        key: IdempotencyKey::parse(&event.order_id).ok()?,
        token: event.card.as_ref()?.token.clone(),
        amount: event.amount,
        asked_at: event.occurred_at,
        outcome,
        trace: event.trace,
    })
}

/// Keeps what the Bank answered to a key, whether or not it was asked for here: a repetition is
/// led to the first answer, also on a statement that was made anew, or of a bill that was first
/// paid in another way. What was asked for here with the key of another payment is refused: it can
/// never be booked.
pub fn settle_bill(rows: &mut dyn Rows, answered: BillPayment) -> Result<(), StoreError> {
    let settled = match rows.bill(&answered.key)? {
        None => answered,
        // The first answer stays.
        Some(known) if known.outcome != BillOutcome::Pending => return Ok(()),
        Some(asked) if asked.is_repeated_by(&answered) => {
            BillPayment { outcome: answered.outcome, ..asked }
        }
        Some(asked) => {
            BillPayment { outcome: BillOutcome::Refused(DeclineReason::NotPermitted), ..asked }
        }
    };
    rows.put_bill(&settled)
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
        assert_eq!(history.events.iter().filter_map(answered_bill).count(), 2);
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

    /// A statement that was made anew knows what was paid, and so does one on which nobody asked.
    #[test]
    fn what_was_paid_in_another_way_is_known_and_a_repetition_finds_the_first_answer() {
        let mut history = History::of_purchases(1, 1);
        history.push(1, EventKind::BillPaid, 100);
        let mut content = Content::default();
        content.apply(&history.records(), START);
        let [paid] = &content.bills[..] else { panic!("{:?}", content.bills) };
        assert_eq!(paid.outcome, BillOutcome::Paid);
        assert!(asked("bill-3", 1, 100).is_repeated_by(paid));
    }

    #[test]
    fn what_was_asked_with_the_key_of_another_payment_is_refused_and_a_first_answer_stays() {
        let mut history = History::of_purchases(1, 1);
        history.push(1, EventKind::BillPaid, 100);
        let refused = BillOutcome::Refused(DeclineReason::NotPermitted);
        for other in [asked("bill-3", 1, 101), asked("bill-3", 2, 100)] {
            let mut content = Content { bills: vec![other.clone()], ..Content::default() };
            content.apply(&history.records(), START);
            assert_eq!(content.bills, [BillPayment { outcome: refused, ..other }]);
        }
        let paid = BillPayment { outcome: BillOutcome::Paid, ..asked("bill-3", 2, 100) };
        let mut content = Content { bills: vec![paid.clone()], ..Content::default() };
        content.apply(&history.records(), START);
        assert_eq!(content.bills, [paid]);
    }
}
