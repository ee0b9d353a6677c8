//! The time by which answers to keys grow old: how long Banks have run on a journal.
//!
//! It is measured by the monotonic clock, which nobody sets, and recorded with every entry as a
//! running total, so that replay forgets the same answers. While no Bank runs it stands still: time
//! in which nobody could repeat a request makes no answer older. A wall clock that jumps changes
//! nothing of it.

use std::time::Duration;

use bancada_kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// How long Banks have run on a journal, in milliseconds, from some beginning. Entries from before
/// it was recorded have the time of the wall clock instead, so that it goes on from there.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct RunTime(pub u64);

impl RunTime {
    /// What an entry of before stands for.
    pub fn of_wall_clock(moment: Timestamp) -> RunTime {
        RunTime(u64::try_from(moment.0).unwrap_or(0))
    }

    /// Milliseconds from `earlier` to this; zero when it is not earlier.
    pub fn millis_since(self, earlier: RunTime) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A run of a Bank, from the moment its ledger was loaded.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How long Banks had run by the last entry before it.
    before: RunTime,
    /// By the monotonic clock.
    began: Duration,
}

impl Run {
    /// Begins at a moment of the monotonic clock, on a ledger that has come so far.
    pub fn begin(before: RunTime, now: Duration) -> Run {
        Run { before, began: now }
    }

    /// The running total at a moment of the same clock.
    pub fn at(self, now: Duration) -> RunTime {
        let passed = now.saturating_sub(self.began).as_millis();
        RunTime(self.before.0.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_where_the_last_one_ended_and_never_back() {
        let run = Run::begin(RunTime(100), Duration::from_millis(7));
        for (now_ms, expected) in [(7, 100), (8, 101), (1_007, 1_100), (0, 100)] {
            assert_eq!(run.at(Duration::from_millis(now_ms)), RunTime(expected), "{now_ms}");
        }
        let next = Run::begin(run.at(Duration::from_millis(57)), Duration::from_secs(900));
        assert_eq!(next.at(Duration::from_secs(901)), RunTime(1_150), "no time passed between");
        let last = Run::begin(RunTime(u64::MAX), Duration::ZERO);
        assert_eq!(last.at(Duration::MAX), RunTime(u64::MAX));
    }

    #[test]
    fn what_was_recorded_before_is_the_wall_clocks() {
        assert_eq!(RunTime::of_wall_clock(Timestamp(5)), RunTime(5));
        assert_eq!(RunTime::of_wall_clock(Timestamp(-5)), RunTime(0), "before 1970");
        assert_eq!(RunTime(9).millis_since(RunTime(2)), 7);
        assert_eq!(RunTime(2).millis_since(RunTime(9)), 0);
    }
}
