//! Exponential backoff: a child that keeps failing is started less and less often.

use std::time::{Duration, Instant};

use crate::spec::Backoff;

/// The delay before restart number `attempt` (from 0).
///
/// `jitter` is the share by which the delay varies, and `unit` (0 to 1) the random draw: the
/// caller owns the randomness. The result is never below `min` nor above `max`.
pub fn delay(attempt: u32, min: Duration, max: Duration, jitter: f64, unit: f64) -> Duration {
    let factor = 1_u32.checked_shl(attempt).unwrap_or(u32::MAX);
    let base = min.saturating_mul(factor).min(max);
    let spread = jitter.clamp(0.0, 1.0) * (2.0 * unit.clamp(0.0, 1.0) - 1.0);
    if spread == 0.0 {
        return base;
    }
    let jittered = Duration::try_from_secs_f64(base.as_secs_f64() * (1.0 + spread)).unwrap_or(max);
    jittered.max(min).min(max)
}

/// Counts a child's failures in a row.
#[derive(Debug)]
pub struct BackoffMeter {
    config: Backoff,
    attempt: u32,
    /// When the child was (or will be) started again; the quiet period counts from here.
    restarted_at: Option<Instant>,
}

impl BackoffMeter {
    /// A meter of a child that has not failed yet.
    pub fn new(config: Backoff) -> Self {
        Self { config, attempt: 0, restarted_at: None }
    }

    /// The delay after a failure that happened `now`; `unit` is a random draw from 0 to 1.
    pub fn next(&mut self, now: Instant, unit: f64) -> Duration {
        let was_quiet = self
            .restarted_at
            .is_some_and(|at| now.saturating_duration_since(at) >= self.config.reset_after);
        if was_quiet {
            self.attempt = 0;
        }
        let Backoff { min, max, jitter, .. } = self.config;
        let delay = delay(self.attempt, min, max, jitter, unit);
        self.attempt = self.attempt.saturating_add(1);
        self.restarted_at = now.checked_add(delay);
        delay
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn meter() -> BackoffMeter {
        let config = Backoff { min: ms(100), max: ms(1_000), jitter: 0.0, reset_after: ms(5_000) };
        BackoffMeter::new(config)
    }

    #[test]
    fn backoff_delays_double_and_cap() {
        let mut meter = meter();
        let now = Instant::now();
        let delays: Vec<_> = (0..6).map(|_| meter.next(now, 0.5).as_millis()).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn a_quiet_period_after_the_restart_begins_again_at_min() {
        let mut meter = meter();
        let now = Instant::now();
        assert_eq!(meter.next(now, 0.5), ms(100));
        let almost = now + ms(100 + 4_999);
        assert_eq!(meter.next(almost, 0.5), ms(200));
        let quiet = almost + ms(200 + 5_000);
        assert_eq!(meter.next(quiet, 0.5), ms(100));
    }

    #[test]
    fn a_huge_attempt_or_delay_does_not_overflow() {
        assert_eq!(delay(u32::MAX, ms(100), ms(1_000), 0.0, 0.0), ms(1_000));
        assert_eq!(delay(40, Duration::MAX, Duration::MAX, 1.0, 1.0), Duration::MAX);
    }

    proptest! {
        #[test]
        fn a_jittered_delay_stays_in_bounds(
            attempt in 0_u32..70,
            min_ms in 1_u64..10_000,
            more_ms in 0_u64..100_000,
            jitter in 0.0_f64..=1.0,
            unit in 0.0_f64..1.0,
        ) {
            let (min, max) = (ms(min_ms), ms(min_ms + more_ms));
            let base = delay(attempt, min, max, 0.0, unit);
            let jittered = delay(attempt, min, max, jitter, unit);
            prop_assert!(min <= jittered && jittered <= max);
            let slack = ms(1);
            prop_assert!(jittered <= base.mul_f64(1.0 + jitter) + slack);
            prop_assert!(jittered + slack >= base.mul_f64(1.0 - jitter));
        }
    }
}
