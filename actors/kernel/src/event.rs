//! The events that leave the Bank, as every reader of them understands them.
//!
//! The Bank makes them from its own ledger events; transports give them a wire shape; the
//! statement is a fold over them.

use serde::{Deserialize, Serialize};

use crate::brand::Brand;
use crate::decline::DeclineReason;
use crate::ids::{CardToken, EventId, MerchantId, PaymentId};
use crate::money::Money;
use crate::timestamp::Timestamp;
use crate::trace::TraceContext;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventKind {
    /// A card began to exist.
    CardIssued,
    /// A card was blocked, unblocked or cancelled.
    CardStatusChanged,
    /// A hold was placed.
    PaymentAuthorized,
    /// Money was charged: a sale, or a hold that ends with it.
    PaymentCaptured,
    /// A payment was refused; no money moved.
    PaymentDeclined,
    /// A hold was released.
    PaymentVoided,
    /// Money was returned.
    PaymentRefunded,
    // Kinds are added at the end: their order is part of the Bank's record.
    /// A card was given another limit.
    CardLimitChanged,
    /// A hold was released by time.
    PaymentExpired,
    /// Something asked about a payment was refused; the payment is as before, and so is its card,
    /// which the event does not name.
    PaymentOperationRefused,
    /// A cardholder paid toward what the card owes.
    BillPaid,
    /// A cardholder's payment could not be booked; no money moved.
    BillRefused,
    /// Whoever runs the Bank gave up events that the journal had lost, or put a backup in place: a
    /// new generation of the journal begins.
    LossAccepted,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 13] = [
        EventKind::CardIssued,
        EventKind::CardStatusChanged,
        EventKind::PaymentAuthorized,
        EventKind::PaymentCaptured,
        EventKind::PaymentDeclined,
        EventKind::PaymentVoided,
        EventKind::PaymentRefunded,
        EventKind::CardLimitChanged,
        EventKind::PaymentExpired,
        EventKind::PaymentOperationRefused,
        EventKind::BillPaid,
        EventKind::BillRefused,
        EventKind::LossAccepted,
    ];

    /// The word in the event's `type`.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::CardIssued => "card.issued",
            EventKind::CardStatusChanged => "card.status_changed",
            EventKind::PaymentAuthorized => "payment.authorized",
            EventKind::PaymentCaptured => "payment.captured",
            EventKind::PaymentDeclined => "payment.declined",
            EventKind::PaymentVoided => "payment.voided",
            EventKind::PaymentRefunded => "payment.refunded",
            EventKind::CardLimitChanged => "card.limit_changed",
            EventKind::PaymentExpired => "payment.expired",
            EventKind::PaymentOperationRefused => "payment.operation_refused",
            EventKind::BillPaid => "bill.paid",
            EventKind::BillRefused => "bill.refused",
            EventKind::LossAccepted => "loss.accepted",
        }
    }

    /// The kind of a [`EventKind::word`].
    pub fn from_word(word: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The original system's `status`: what its consumers branch on.
    pub fn status(self) -> &'static str {
        match self {
            EventKind::CardIssued => "card_issued",
            EventKind::CardStatusChanged => "card_status_changed",
            EventKind::PaymentAuthorized | EventKind::PaymentCaptured => "approved",
            EventKind::PaymentDeclined => "rejected",
            EventKind::PaymentVoided => "voided",
            EventKind::PaymentRefunded => "refunded",
            EventKind::CardLimitChanged => "card_limit_changed",
            EventKind::PaymentExpired => "expired",
            EventKind::PaymentOperationRefused => "operation_refused",
            EventKind::BillPaid => "bill_paid",
            EventKind::BillRefused => "bill_refused",
            EventKind::LossAccepted => "loss_accepted",
        }
    }
}

/// Whether a card can pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CardStatus {
    /// It can.
    Active,
    /// It cannot, until unblocked.
    Blocked,
    /// It cannot, ever again.
    Cancelled,
}

impl CardStatus {
    /// The word in JSON and events.
    pub fn word(self) -> &'static str {
        match self {
            CardStatus::Active => "active",
            CardStatus::Blocked => "blocked",
            CardStatus::Cancelled => "cancelled",
        }
    }

    /// The status of a [`CardStatus::word`].
    pub fn from_word(word: &str) -> Option<CardStatus> {
        [CardStatus::Active, CardStatus::Blocked, CardStatus::Cancelled]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// The card as it stands after an event: a statement never has to compute it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSnapshot {
    /// Name on the card.
    pub holder: String,
    /// Credit limit.
    pub limit: Money,
    /// Owed: captured less refunded, and less what the cardholder paid.
    pub balance: Money,
    /// Authorized and not captured.
    pub held: Money,
    /// Whether it can pay.
    pub status: CardStatus,
    /// Day of month, 1 to 28.
    pub closing_day: u8,
    /// Day of month, 1 to 28.
    pub due_day: u8,
}

/// The payment as it stands after an event: whoever keeps payments needs no earlier event, and may
/// read them in any order. In minor units of the event's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentSnapshot {
    /// What was decided about; once it is charged, what was charged.
    pub amount_minor: i64,
    /// Charged.
    pub captured_minor: i64,
    /// Returned so far.
    pub refunded_minor: i64,
    /// When the Bank decided about it.
    pub decided_at: Timestamp,
}

impl PaymentSnapshot {
    /// A payment about which is decided now.
    pub fn new(amount_minor: i64, decided_at: Timestamp) -> PaymentSnapshot {
        PaymentSnapshot { amount_minor, captured_minor: 0, refunded_minor: 0, decided_at }
    }

    /// What it is after an event of this kind that moves so much.
    pub fn after(self, kind: EventKind, minor: i64) -> PaymentSnapshot {
        match kind {
            EventKind::PaymentCaptured => {
                PaymentSnapshot { amount_minor: minor, captured_minor: minor, ..self }
            }
            EventKind::PaymentRefunded => PaymentSnapshot {
                refunded_minor: self.refunded_minor.saturating_add(minor),
                ..self
            },
            _ => self,
        }
    }
}

/// The card an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCard {
    /// Orders the events of one card.
    pub token: CardToken,
    /// Place among the events of this card: from 1, without gaps (L5); 0 when the Bank has no
    /// such card.
    pub sequence: u64,
    /// `************1234`
    pub masked_number: String,
    /// Its brand.
    pub brand: Brand,
    /// The card after the event; absent when the Bank has no such card.
    pub after: Option<CardSnapshot>,
}

/// One committed event of the Bank. Holds no PAN and no CVV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// Unique.
    pub event_id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// Place in the Bank's journal: from 1, without gaps.
    pub position: u64,
    /// The payment, of a purchase or of a bill; for events of cards and losses, a UUID equal to
    /// the event's own.
    pub transaction_id: PaymentId,
    /// Which card; absent when the Bank never learned it (an abandoned key), or where it is not
    /// concerned (a refused operation, a loss).
    pub card: Option<EventCard>,
    /// What moved, or would have moved; of a loss, what was known to have moved in it.
    pub amount: Money,
    /// The payment after it; absent in events of cards and bills, and in those that a Bank wrote
    /// before it told this.
    pub payment: Option<PaymentSnapshot>,
    /// Shown on the statement.
    pub store: String,
    /// What was bought; of a loss, a sentence that begins with how many events it had.
    pub description: String,
    /// Who was paid; absent in events of cards and losses.
    pub merchant_id: Option<MerchantId>,
    /// The merchant's order, or the key that a bill was paid with; may be empty.
    pub order_id: String,
    /// Why it was refused.
    pub decline: Option<DeclineReason>,
    /// 1 to 12.
    pub installments: u8,
    /// When the Bank decided.
    pub occurred_at: Timestamp,
    /// The request that caused it.
    pub trace: Option<TraceContext>,
}

impl PaymentEvent {
    /// An event about a card rather than a payment: it moves nothing, and is its own
    /// transaction.
    pub fn of_card(
        kind: EventKind,
        event_id: EventId,
        position: u64,
        card: EventCard,
        nothing: Money,
        occurred_at: Timestamp,
        trace: Option<TraceContext>,
    ) -> PaymentEvent {
        PaymentEvent {
            event_id,
            kind,
            position,
            transaction_id: PaymentId::new(event_id.uuid()),
            card: Some(card),
            amount: nothing,
            payment: None,
            store: String::new(),
            description: String::new(),
            merchant_id: None,
            order_id: String::new(),
            decline: None,
            installments: 1,
            occurred_at,
            trace,
        }
    }

    /// How many events were given up by this one; `None` where it is not about a loss.
    pub fn given_up(&self) -> Option<u64> {
        let is_loss = self.kind == EventKind::LossAccepted;
        let number = self.description.split(' ').next().filter(|_| is_loss)?;
        Some(number.parse().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(EventKind::from_word("payment.lost"), None);
        assert_eq!(CardStatus::from_word("blocked"), Some(CardStatus::Blocked));
        assert_eq!(CardStatus::from_word(""), None);
    }
}
