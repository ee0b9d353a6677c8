//! What `bancada load` writes down and `bancada audit` reads: one JSON object per line.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// One payment, as its payer knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paid {
    /// The idempotency key; also the order's id at the Bank.
    pub(crate) key: String,
    /// Who asked.
    pub(crate) merchant: String,
    /// `************1234`
    pub(crate) card: String,
    /// Minor units of BRL.
    pub(crate) amount_minor: i64,
    /// Milliseconds since the Unix epoch.
    pub(crate) sent_at_ms: i64,
    /// From the first attempt to the answer.
    pub(crate) took_us: u64,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// What the Bank said, if it said anything.
    pub(crate) answer: Answer,
    /// The Bank's payment, when it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_id: Option<String>,
    /// The decline's word, when it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What a payer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Charged.
    Approved,
    /// Not charged.
    Declined,
    /// Nothing, in all the time there was.
    Unknown,
}

/// Every payment of a log, in order.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Paid>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("{shown} cannot be read"))?;
    let mut payments = Vec::new();
    for (line, number) in BufReader::new(file).lines().zip(1..) {
        let line = line.with_context(|| format!("{shown} cannot be read"))?;
        let paid = serde_json::from_str(&line)
            .with_context(|| format!("line {number} of {shown} is not a payment"))?;
        payments.push(paid);
    }
    Ok(payments)
}
