//! How much and how long.

use std::time::Duration;

/// The shop's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Buyers that wait at once, and readers at once; more are refused as overload.
    pub max_in_flight: usize,
    /// Orders without an outcome at once, also those nobody waits for any more.
    pub max_open_orders: usize,
    /// Calls to the Bank at once.
    pub max_bank_calls: usize,
    /// How long a buyer waits for the outcome before the order is shown without it.
    pub patience: Duration,
    /// How long one call to the Bank may take.
    pub call_deadline: Duration,
    /// How long a card is kept in memory for repeating the request.
    pub card_memory: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_in_flight: 1_024,
            max_open_orders: 10_000,
            max_bank_calls: 1_024,
            patience: Duration::from_secs(8),
            call_deadline: Duration::from_secs(5),
            card_memory: Duration::from_secs(120),
        }
    }
}
