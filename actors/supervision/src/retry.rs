//! How whoever failed tries again: waits that double, up to a longest one, and vary a little so
//! that many who failed together do not come back together.

use std::time::Duration;

use crate::backoff;

/// The waits of one kind of work. A constant of whoever does the work.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use bancada_supervision::Retry;
///
/// const ASK_AGAIN: Retry =
///     Retry::between(Duration::from_millis(100), Duration::from_secs(5)).jitter(0.2);
/// let mut attempts = ASK_AGAIN.attempts();
/// // The caller draws from 0 to 1; a draw of 0.5 does not vary the wait.
/// assert_eq!(attempts.failed(0.5), Duration::from_millis(100));
/// assert_eq!(attempts.failed(0.5), Duration::from_millis(200));
/// attempts.succeeded();
/// assert_eq!(attempts.failed(0.5), Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    min: Duration,
    max: Duration,
    jitter: f64,
}

impl Retry {
    /// Waits from `min`, after the first failure, up to `max`; without jitter.
    pub const fn between(min: Duration, max: Duration) -> Retry {
        Retry { min, max, jitter: 0.0 }
    }

    /// Waits that vary by this share, from 0 to 1.
    #[must_use]
    pub const fn jitter(self, jitter: f64) -> Retry {
        Retry { jitter, ..self }
    }

    /// Nothing has failed yet.
    pub const fn attempts(self) -> Attempts {
        Attempts { retry: self, n_failures: 0 }
    }
}

/// The failures in a row of one piece of work.
#[derive(Clone, Copy, Debug)]
pub struct Attempts {
    retry: Retry,
    n_failures: u32,
}

impl Attempts {
    /// Counts a failure: how long to wait before the next attempt. `unit` is a random draw from 0
    /// to 1; it changes nothing without jitter.
    pub fn failed(&mut self, unit: f64) -> Duration {
        let Retry { min, max, jitter } = self.retry;
        let delay = backoff::delay(self.n_failures, min, max, jitter, unit);
        self.n_failures = self.n_failures.saturating_add(1);
        delay
    }

    /// The next failure is the first one again.
    pub fn succeeded(&mut self) {
        self.n_failures = 0;
    }

    /// How many attempts in a row have failed.
    pub fn n_failures(&self) -> u32 {
        self.n_failures
    }
}
