//! Records that the statement could not read.

use serde::{Deserialize, Serialize};

/// `GET /dead-letters?after=` of the admin listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterList {
    /// In the order in which they came, at most 50.
    pub letters: Vec<DeadLetter>,
    /// Pass as `after` for more; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A record that the statement could not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its number.
    pub id: u64,
    /// Where it was in the topic, or in the Bank's feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<u32>,
    /// Where it was in the partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The card it is about, where the record's key told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_token: Option<String>,
    /// What was wrong with it.
    pub why: String,
    /// What was received; bytes that are no printable ASCII as in `\\xff`.
    pub raw: String,
}
