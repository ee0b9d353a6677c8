//! How many requests wait in or before an actor's mailbox; actix has no length to ask for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A gauge that a crate's Handle raises around every request and registers with its child's
/// spec, so that a snapshot can show it. Clones share the gauge.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<AtomicUsize>);

/// One request in flight; dropping it lowers the gauge, also when the request is cancelled.
#[derive(Debug)]
#[must_use = "the request counts only while the guard lives"]
pub struct InFlightGuard(Arc<AtomicUsize>);

impl InFlight {
    /// A gauge at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one request for as long as the guard lives.
    pub fn enter(&self) -> InFlightGuard {
        self.0.fetch_add(1, Ordering::Relaxed);
        InFlightGuard(Arc::clone(&self.0))
    }

    /// Requests in flight now.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_until_its_guard_is_dropped() {
        let in_flight = InFlight::new();
        let first = in_flight.enter();
        let second = in_flight.clone().enter();
        assert_eq!(in_flight.count(), 2);
        drop(first);
        assert_eq!(in_flight.count(), 1);
        drop(second);
        assert_eq!(in_flight.count(), 0);
    }
}
