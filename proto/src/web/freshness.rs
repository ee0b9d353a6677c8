//! How old what a statement shows is.

use serde::{Deserialize, Serialize};

/// How far the statement is behind the Bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// Last event in the statement.
    pub applied_position: u64,
    /// Last event the Bank is known to have committed.
    pub committed_position: u64,
    /// Whether the source of events is connected now.
    pub connected: bool,
    /// Whether the Bank has another past than the statement has read, as after a loss: nothing is
    /// followed until that is settled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_other_past: bool,
    /// Whether the statement was found damaged and is being made anew from the Bank: until it has
    /// come as far as the Bank, cards and lines are missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_being_rebuilt: bool,
    /// When the statement last heard from the Bank; absent if never since it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at_ms: Option<i64>,
    /// The server's clock, so that the browser need not trust its own.
    pub now_ms: i64,
}
