//! A circuit breaker: a Bank that does not answer is left alone for a while.
//!
//! `closed -> open` after some failures in a row; `open -> half-open` after a pause, which lets
//! one call through; `half-open -> closed` when it succeeds, `-> open` for twice as long when it
//! does not. Only failures of the transport count: a Bank that says no is a Bank that answers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const FAILURES_TO_OPEN: u32 = 5;
const MIN_PAUSE: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// A trial whose answer never came back does not hold the door for ever.
const TRIAL_WITHIN: Duration = Duration::from_secs(6);

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// One call is trying.
    HalfOpen,
    /// Calls are refused at once.
    Open,
}

impl BreakerState {
    /// For the metric: 0 closed, 1 half-open, 2 open.
    pub fn number(self) -> i64 {
        match self {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        }
    }
}

#[derive(Clone, Copy)]
enum Inner {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    HalfOpen { since: Instant, pause: Duration },
}

/// The breaker. The lock is held for a comparison.
pub(crate) struct Breaker(Mutex<Inner>);

impl Breaker {
    pub(crate) fn new() -> Breaker {
        Breaker(Mutex::new(Inner::Closed { failures: 0 }))
    }

    /// Whether a call may go through now.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut inner = self.lock();
        match *inner {
            Inner::Closed { .. } => true,
            Inner::Open { until, pause } if now >= until => {
                *inner = Inner::HalfOpen { since: now, pause };
                true
            }
            Inner::HalfOpen { since, pause } if now >= since + TRIAL_WITHIN => {
                *inner = Inner::HalfOpen { since: now, pause };
                true
            }
            Inner::Open { .. } | Inner::HalfOpen { .. } => false,
        }
    }

    /// The Bank answered.
    pub(crate) fn succeeded(&self) {
        *self.lock() = Inner::Closed { failures: 0 };
    }

    /// The Bank did not answer.
    pub(crate) fn failed(&self, now: Instant) {
        let mut inner = self.lock();
        *inner = match *inner {
            Inner::Closed { failures } if failures + 1 < FAILURES_TO_OPEN => {
                Inner::Closed { failures: failures + 1 }
            }
            Inner::Closed { .. } => Inner::Open { until: now + MIN_PAUSE, pause: MIN_PAUSE },
            Inner::HalfOpen { pause, .. } => {
                let pause = (pause * 2).min(MAX_PAUSE);
                Inner::Open { until: now + pause, pause }
            }
            // A call from before it opened.
            open @ Inner::Open { .. } => open,
        };
    }

    pub(crate) fn state(&self) -> BreakerState {
        match *self.lock() {
            Inner::Closed { .. } => BreakerState::Closed,
            Inner::HalfOpen { .. } => BreakerState::HalfOpen,
            Inner::Open { .. } => BreakerState::Open,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_after_one_success() {
        let breaker = Breaker::new();
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        breaker.succeeded();
        for _ in 0..4 {
            breaker.failed(at(0));
            assert!(breaker.admits(at(0)), "four in a row are not five");
        }
        breaker.failed(at(0));
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(!breaker.admits(at(249)));
        assert!(breaker.admits(at(250)), "one may try");
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert!(!breaker.admits(at(251)), "and only one");
        breaker.failed(at(260));
        assert!(!breaker.admits(at(700)), "the second pause is twice as long");
        assert!(breaker.admits(at(760)));
        breaker.succeeded();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_trial_that_is_never_answered_gives_way_to_another() {
        let breaker = Breaker::new();
        let start = Instant::now();
        for _ in 0..5 {
            breaker.failed(start);
        }
        let trial = start + MIN_PAUSE;
        assert!(breaker.admits(trial));
        assert!(!breaker.admits(trial + Duration::from_secs(5)));
        assert!(breaker.admits(trial + TRIAL_WITHIN));
    }
}
