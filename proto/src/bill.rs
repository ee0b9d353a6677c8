//! The value of a record on the topic `bill-payments`: what a cardholder pays toward a bill, on
//! its way from the statement to the Bank. The Bank answers with `bill.paid` or `bill.refused` on
//! the topic `payments`.

use serde::{Deserialize, Serialize};

/// The version written into `schema_version` and the header `schema-version`.
pub const SCHEMA_VERSION: u32 = 1;

/// One payment. A copy is the same payment: the Bank books a key once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPayment {
    /// The payer's name for it; the event's `order_id`.
    pub key: String,
    /// Whose bill; the record's key.
    pub card_token: String,
    /// Greater than zero.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When it was asked for, in milliseconds since 1970.
    pub asked_at_ms: i64,
    /// Of this shape.
    pub schema_version: u32,
}
