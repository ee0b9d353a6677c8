//! Retries may add a tenth to the load, not more: a Bank in trouble is not helped by an echo.

use std::sync::atomic::{AtomicI64, Ordering};

/// A retry costs ten calls' deposits.
const RETRY_COST: i64 = 10;
/// Saved up at most: a burst of ten retries.
const MAX_SAVINGS: i64 = 100;

/// What may still be spent on retries.
pub(crate) struct RetryBudget(AtomicI64);

impl RetryBudget {
    pub(crate) fn new() -> RetryBudget {
        RetryBudget(AtomicI64::new(MAX_SAVINGS))
    }

    /// A first attempt was made.
    pub(crate) fn deposit(&self) {
        let add = |saved: i64| (saved < MAX_SAVINGS).then_some(saved + 1);
        // Full is not a failure.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// Whether a retry may be made.
    pub(crate) fn withdraw(&self) -> bool {
        let take = |saved: i64| (saved >= RETRY_COST).then_some(saved - RETRY_COST);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_tenth_of_the_calls_after_the_savings_are_spent() {
        let budget = RetryBudget::new();
        assert_eq!((0..20).filter(|_| budget.withdraw()).count(), 10, "the savings");
        let retries = (0..100).filter(|_| {
            budget.deposit();
            budget.withdraw()
        });
        assert_eq!(retries.count(), 10);
    }
}
