//! The value of a record on the topic `payments`.

use serde::{Deserialize, Serialize};

/// The version written into `schema_version` and the header `schema-version`.
pub const SCHEMA_VERSION: u32 = 1;

/// One committed event, a superset of the original system's event: its consumers read the
/// first seven fields and ignore the rest. Never holds a PAN or a CVV.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// UUID of the payment; for a card event, the event's own id.
    pub transaction_id: String,
    /// Masked: `************1234`.
    pub credit_card_number: String,
    /// `approved`, `rejected`, `voided`, `expired`, `refunded`, `operation_refused`; for a card
    /// event, which one it is, e.g. `card_issued`.
    pub status: String,
    /// Decimal units of the currency, for the original's consumers; `amount_minor` is exact.
    pub amount: f64,
    /// The store's name.
    pub store: String,
    /// What was bought.
    pub description: String,
    /// RFC 3339, UTC.
    pub payment_date: String,
    /// UUID, unique per event.
    pub event_id: String,
    /// `payment.captured`, `payment.declined`, `card.issued`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Place in the Bank's journal, from 1, without gaps.
    pub position: u64,
    /// The record's key: orders the events of one card; empty where none is concerned.
    pub card_token: String,
    /// From 1 per card, without gaps; 0 when the Bank does not know the card.
    pub card_sequence: u64,
    /// Minor units of `currency`.
    pub amount_minor: i64,
    /// The payment after this event: what was decided about; once it is charged, what was charged.
    /// This and the next three are absent in events of cards and bills, and in those of Banks that
    /// did not tell them yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_amount_minor: Option<i64>,
    /// The payment after this event: charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_minor: Option<i64>,
    /// The payment after this event: returned so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded_minor: Option<i64>,
    /// When the Bank decided about the payment: RFC 3339, UTC, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Card brand.
    pub brand: String,
    /// Who was paid.
    pub merchant_id: String,
    /// The merchant's order.
    pub order_id: String,
    /// ABECS code; empty unless declined.
    pub reason_code: String,
    /// Decline reason word; empty unless declined.
    pub reason: String,
    /// 1 to 12.
    pub installments: u32,
    /// RFC 3339, UTC, milliseconds.
    pub occurred_at: String,
    /// The card as it stands after this event.
    pub card: CardSnapshot,
    /// W3C trace context of the request; empty when there was none.
    #[serde(default)]
    pub traceparent: String,
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
}

/// What a statement shows of the card itself. Minor units of the event's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSnapshot {
    /// Name on the card.
    pub holder: String,
    /// Credit limit.
    pub limit_minor: i64,
    /// Owed: captured, less refunded, less paid on bills.
    pub balance_minor: i64,
    /// Authorized and not captured.
    pub held_minor: i64,
    /// `active`, `blocked`, `cancelled`.
    pub status: String,
    /// Day of month on which the fatura closes.
    pub closing_day: u32,
    /// Day of month on which the fatura is due.
    pub due_day: u32,
}
