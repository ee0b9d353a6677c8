//! Restart intensity: how many restarts within a sliding window are still a recovery.

use std::collections::VecDeque;
use std::time::Instant;

use crate::spec::Intensity;

/// What a supervisor does about one more failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The child may be started again.
    Restart,
    /// The supervisor gives up and tells its parent.
    Escalate,
}

/// Remembers the restarts that still count.
#[derive(Debug)]
pub struct IntensityMeter {
    limit: Intensity,
    /// Never longer than `max_restarts`, oldest first.
    restarts: VecDeque<Instant>,
}

impl IntensityMeter {
    /// A meter that has seen nothing yet.
    pub fn new(limit: Intensity) -> Self {
        Self { limit, restarts: VecDeque::new() }
    }

    /// Judges a failure that happened `now`.
    pub fn record(&mut self, now: Instant) -> Verdict {
        let window = self.limit.window;
        let is_past = |at: &Instant| now.saturating_duration_since(*at) >= window;
        while self.restarts.front().is_some_and(is_past) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= self.limit.max_restarts as usize {
            return Verdict::Escalate;
        }
        self.restarts.push_back(now);
        Verdict::Restart
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Verdict::{Escalate, Restart};
    use super::*;

    #[track_caller]
    fn check(max_restarts: u32, window_ms: u64, failures: &[(u64, Verdict)]) {
        let window = Duration::from_millis(window_ms);
        let mut meter = IntensityMeter::new(Intensity { max_restarts, window });
        let start = Instant::now();
        for (at_ms, expected) in failures {
            let verdict = meter.record(start + Duration::from_millis(*at_ms));
            assert_eq!(verdict, *expected, "at {at_ms} ms");
        }
    }

    #[test]
    fn one_failure_more_than_granted_escalates() {
        check(2, 1_000, &[(0, Restart), (10, Restart), (20, Escalate)]);
    }

    #[test]
    fn a_failure_leaves_the_window_at_its_end() {
        check(2, 1_000, &[(0, Restart), (999, Restart), (1_000, Restart), (1_500, Escalate)]);
    }

    #[test]
    fn slow_failures_never_escalate() {
        check(1, 100, &[(0, Restart), (100, Restart), (200, Restart), (300, Restart)]);
    }

    #[test]
    fn no_restart_granted_escalates_at_once() {
        check(0, 1_000, &[(0, Escalate)]);
    }
}
