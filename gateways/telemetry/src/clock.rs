//! The only place where clocks are read, and ids are made of them.

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bancada_kernel::Timestamp;
use uuid::{ContextV7, Uuid};

/// What orders the ids of one millisecond.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// Now, in UTC. A clock that was set to before 1970 is taken for one that stands at its beginning.
pub fn now() -> Timestamp {
    Timestamp(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
}

/// How long this has been asked in this process: by the clock that nobody sets, and that stands
/// still while the machine sleeps.
pub fn monotonic() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    now.saturating_duration_since(*BEGAN.get_or_init(|| now))
}

/// A UUID of version 7 (RFC 9562): ordered by time, so that indexes grow at their end.
pub fn uuid() -> Uuid {
    uuid_at(since_epoch())
}

fn since_epoch() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "this is the clock everybody is given")]
    of_wall_clock(SystemTime::now())
}

/// Since 1970; nothing for a clock that was set to before it.
fn of_wall_clock(now: SystemTime) -> Duration {
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// `Uuid::now_v7` panics before 1970, which is why the time is given to it.
fn uuid_at(since_epoch: Duration) -> Uuid {
    let (seconds, nanos) = (since_epoch.as_secs(), since_epoch.subsec_nanos());
    Uuid::new_v7(uuid::Timestamp::from_unix(&ORDER, seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_stands_at_its_beginning_and_gives_ids_that_differ() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(of_wall_clock(before), Duration::ZERO);
        assert_eq!(of_wall_clock(UNIX_EPOCH + Duration::from_secs(1)), Duration::from_secs(1));
        let ids: std::collections::HashSet<_> =
            (0..1_000).map(|_| uuid_at(of_wall_clock(before))).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn ids_of_one_moment_come_in_order_and_tell_their_time() {
        let moment = Duration::from_millis(1_795_000_000_123);
        let ids: Vec<_> = (0..1_000).map(|_| uuid_at(moment)).collect();
        assert!(ids.is_sorted());
        let time = ids[0].get_timestamp().map(|time| time.to_unix());
        assert_eq!(time, Some((1_795_000_000, 123_000_000)));
    }
}
