//! When payments are due.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A rate, or as fast as the Bank answers, for a time.
pub(crate) struct Pace {
    start: Instant,
    end: Instant,
    rate: Option<u32>,
    n_taken: AtomicU64,
    is_over: AtomicBool,
}

impl Pace {
    pub(crate) fn new(start: Instant, duration: Duration, rate: Option<u32>) -> Pace {
        let (n_taken, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        Pace { start, end: start + duration, rate, n_taken, is_over }
    }

    /// Ends it before its time.
    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Waits for the next payment's turn and returns it; `None` when the time is over. With a
    /// rate, the turn is when it should have been: a slow Bank does not slow its own measurement.
    pub(crate) async fn turn(&self) -> Option<Instant> {
        let due = match self.rate {
            None => Instant::now(),
            Some(rate) => {
                let taken = self.n_taken.fetch_add(1, Ordering::Relaxed);
                let nanos = u128::from(taken) * 1_000_000_000 / u128::from(rate);
                let due =
                    self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                if due < self.end {
                    sleep_until(due).await;
                }
                due
            }
        };
        // What the Bank did not take in time is not made up for afterwards.
        let is_late = Instant::now() >= self.end;
        (due < self.end && !is_late && !self.is_over.load(Ordering::Relaxed)).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_rate_that_the_bank_does_not_take_ends_with_the_time() {
        let now = Instant::now();
        let (second, hour) = (Duration::from_secs(1), Duration::from_secs(3_600));
        let start = now.checked_sub(second).unwrap();
        // A second has passed, and a million payments are due that nobody has made.
        let late = Pace::new(start, second, Some(1_000_000));
        assert_eq!(late.turn().await, None);
        let behind = Pace::new(start, hour, Some(1_000_000));
        assert_eq!(behind.turn().await, Some(start), "its turn is when it should have been");
        assert_eq!(Pace::new(now, hour, None).turn().await.map(|due| due >= now), Some(true));
        behind.stop();
        assert_eq!(behind.turn().await, None);
    }
}
