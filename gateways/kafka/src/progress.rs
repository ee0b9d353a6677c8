//! When the consumer of a topic last got on: one that reads nothing although records wait, or does
//! not even look any more, makes no error.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::statistics::Topic;

use crate::statistics::lag;

/// Longer than anything takes that is well.
const TOO_LONG: Duration = Duration::from_secs(60);

/// What is known of it. Clones know the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    /// When it last got on, or was at the end.
    at: Instant,
    /// The sum of the offsets of what comes next, over all partitions.
    next: i64,
    lag: i64,
}

impl Progress {
    /// Takes note of statistics, which come with the consumer's own looks; whether it got on.
    pub(crate) fn look(&self, topic: &Topic, now: Instant) -> bool {
        let Some(lag) = lag(topic) else { return false };
        let read = topic.partitions.values().filter(|it| it.partition >= 0 && it.app_offset >= 0);
        let next = read.map(|it| it.app_offset).sum();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gets_on = lag == 0 || known.as_ref().is_none_or(|known| known.next != next);
        match known.as_mut().filter(|_| !gets_on) {
            Some(known) => known.lag = lag,
            None => *known = Some(Known { at: now, next, lag }),
        }
        gets_on
    }

    /// The consumer has ended: whoever started it says why.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is wrong, once it lasts.
    pub(crate) fn text(&self, name: &str, now: Instant) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { at, lag, .. } = known.as_ref()?;
        let stands_for = now.duration_since(*at);
        (stands_for >= TOO_LONG).then(|| match lag {
            0 => {
                format!("the topic {name}: its consumer did not look for {}s", stands_for.as_secs())
            }
            lag => format!(
                "the topic {name}: nothing was read for {}s, and {lag} records wait",
                stands_for.as_secs()
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics::Partition;

    use super::*;

    fn at(app_offset: i64, hi_offset: i64) -> Topic {
        let partition = Partition { app_offset, hi_offset, ..Partition::default() };
        Topic { partitions: [(0, partition)].into(), ..Topic::default() }
    }

    #[test]
    fn a_consumer_that_does_not_get_on_is_told_after_a_minute() {
        let (progress, began) = (Progress::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        assert_eq!(progress.text("t", after(900)), None, "nobody reads");
        assert!(progress.look(&at(7, 9), after(0)));
        assert!(!progress.look(&at(7, 11), after(30)));
        assert_eq!(progress.text("t", after(59)), None);
        let text = progress.text("t", after(61)).unwrap();
        assert_eq!(text, "the topic t: nothing was read for 61s, and 4 records wait");
        assert!(progress.look(&at(8, 11), after(62)));
        assert_eq!(progress.text("t", after(63)), None);
        // At the end it is well for as long as it looks.
        assert!(progress.look(&at(11, 11), after(70)));
        assert!(progress.look(&at(11, 11), after(200)));
        assert_eq!(progress.text("t", after(201)), None);
        assert!(progress.text("t", after(261)).is_some_and(|text| text.contains("did not look")));
        progress.forget();
        assert_eq!(progress.text("t", after(900)), None);
    }
}
