//! What a consumer cannot read of a topic, and where.
//!
//! librdkafka goes on for ever with a record that it cannot read, and is silent about it: nothing
//! comes from that partition any more. Its error names no partition, so its statistics have to
//! tell where it stands still although there are records.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bancada_event_record::Place;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::statistics::{Partition, Topic};

/// What passes by itself passes sooner.
const LASTS: Duration = Duration::from_secs(3);
/// An error without a place has passed when it was not heard for so long. Whoever reads anew after
/// it waits less.
const QUIET: Duration = Duration::from_secs(15);

/// Whether an error is about records of one partition, which leaves the others to be read.
pub(crate) fn is_about_records(error: &KafkaError) -> bool {
    let Some(code) = error.rdkafka_error_code() else { return false };
    matches!(
        code,
        // A codec or a format that librdkafka does not have.
        RDKafkaErrorCode::NotImplemented
            | RDKafkaErrorCode::BadCompression
            | RDKafkaErrorCode::BadMessage
            // What a broker says of a record that is damaged on its disk.
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidMessageSize
            | RDKafkaErrorCode::MessageSizeTooLarge
    )
}

/// Whether an error only says that brokers are away: the client's context says so.
fn is_about_connections(error: &KafkaError) -> bool {
    let Some(code) = error.rdkafka_error_code() else { return false };
    matches!(
        code,
        RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::Resolve
    )
}

/// What is known of it. Its clones know the same, also after a consumer began anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    /// The last error, in librdkafka's words.
    said: String,
    since: Instant,
    heard: Instant,
    /// What each partition is at that has more, and since when.
    standing: BTreeMap<i32, (i64, Instant)>,
    /// Of each partition that is not read, the offset from which it is not.
    places: BTreeMap<i32, i64>,
}

impl Known {
    fn new(now: Instant) -> Known {
        Known {
            said: String::new(),
            since: now,
            heard: now,
            standing: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// Whether it is more than an error that passes by itself.
    fn lasts(&self) -> bool {
        !self.places.is_empty() || self.heard.duration_since(self.since) >= LASTS
    }
}

impl Trouble {
    /// From where on partitions are not read.
    pub(crate) fn places(&self) -> Vec<Place> {
        let known = self.lock();
        let places = known.iter().flat_map(|known| &known.places);
        places.map(|(partition, offset)| Place(*partition, *offset)).collect()
    }

    /// The trouble that lasts, in words.
    pub(crate) fn text(&self, topic: &str) -> Option<String> {
        let known = self.lock();
        let known = known.as_ref().filter(|known| known.lasts())?;
        let place = |(partition, offset): (&i32, &i64)| {
            format!("partition {partition} is not read from offset {offset} on")
        };
        let places: Vec<_> = known.places.iter().map(place).collect();
        let places =
            if places.is_empty() { "it is not read".to_owned() } else { places.join(", ") };
        Some(format!("the topic {topic}: {places}: {}", known.said))
    }

    /// Takes an error of the consumer's into account.
    pub(crate) fn failed(&self, topic: &str, error: &KafkaError, reason: &str, now: Instant) {
        if is_about_connections(error) {
            return;
        }
        let mut known = self.lock();
        let known = known.get_or_insert_with(|| Known::new(now));
        let lasted = known.lasts();
        (known.said, known.heard) = (format!("{reason} ({error})"), now);
        if known.lasts() && !lasted {
            tracing::warn!(topic, error = known.said, "the topic is not read");
        }
    }

    /// Takes into account that this record was read.
    pub(crate) fn read(&self, topic: &str, partition: i32, offset: i64) {
        let mut locked = self.lock();
        let Some(known) = locked.as_mut() else { return };
        if known.places.get(&partition).is_some_and(|place| offset >= *place) {
            known.places.remove(&partition);
            tracing::info!(topic, partition, offset, "the partition is read again");
            if known.places.is_empty() {
                *locked = None;
            }
        }
    }

    /// Looks where the consumer stands still, while there is trouble.
    pub(crate) fn look(&self, topic: &str, statistics: &Topic, now: Instant) {
        let mut locked = self.lock();
        let Some(known) = locked.as_mut() else { return };
        let is_read = |it: &&Partition| it.partition >= 0 && it.fetch_state == "active";
        let read: Vec<_> = statistics.partitions.values().filter(is_read).collect();
        let ends: BTreeMap<_, _> = read.iter().filter_map(|it| stands(it)).collect();
        known.standing.retain(|partition, (offset, _)| ends.get(partition) == Some(offset));
        for (partition, offset) in ends {
            known.standing.entry(partition).or_insert((offset, now));
        }
        let lasts = |since: Instant| now.duration_since(since) >= LASTS;
        let standing = known.standing.iter().filter(|(_, (_, since))| lasts(*since));
        let places: BTreeMap<_, _> =
            standing.map(|(partition, (offset, _))| (*partition, *offset)).collect();
        let error = &known.said;
        for (partition, offset) in &places {
            if known.places.get(partition) != Some(offset) {
                tracing::warn!(topic, partition, offset, error, "the partition is not read");
            }
        }
        for partition in known.places.keys().filter(|it| !places.contains_key(it)) {
            tracing::info!(topic, partition, "the partition is read again");
        }
        let has_passed = now.duration_since(known.heard) >= QUIET && !read.is_empty();
        if places.is_empty() && (has_passed || !known.places.is_empty()) {
            *locked = None;
        } else {
            known.places = places;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// At which offset a partition is, if it has more and everything before was handed over.
fn stands(partition: &Partition) -> Option<(i32, i64)> {
    let next = partition.next_offset;
    let is_waiting = partition.app_offset < 0 || partition.app_offset == next;
    let is_behind = 0 <= next && next < partition.hi_offset;
    (is_waiting && is_behind).then_some((partition.partition, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: RDKafkaErrorCode) -> KafkaError {
        KafkaError::Global(code)
    }

    /// By partition, what was handed over, what is fetched next, and the end.
    fn at(offsets: &[[i64; 3]]) -> Topic {
        let partition = |(partition, [app_offset, next_offset, hi_offset]): (i32, [i64; 3])| {
            let fetch_state = "active".to_owned();
            let known = Partition { partition, fetch_state, ..Partition::default() };
            (partition, Partition { app_offset, next_offset, hi_offset, ..known })
        };
        let partitions = (0..).zip(offsets.iter().copied()).map(partition).collect();
        Topic { partitions, ..Topic::default() }
    }

    #[test]
    fn trouble_is_told_where_it_lasts_and_ends_when_the_record_is_read() {
        let (trouble, began) = (Trouble::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        // Without an error, whoever stands still is only slow.
        trouble.look("t", &at(&[[7, 7, 9]]), after(0));
        trouble.look("t", &at(&[[7, 7, 9]]), after(9));
        assert_eq!(trouble.text("t"), None);
        trouble.failed("t", &error(RDKafkaErrorCode::AllBrokersDown), "", after(9));
        trouble.failed("t", &error(RDKafkaErrorCode::AllBrokersDown), "", after(19));
        assert_eq!(trouble.text("t"), None, "the client's context says so");

        trouble.failed("t", &error(RDKafkaErrorCode::NotImplemented), "codec 5", after(20));
        assert_eq!(trouble.text("t"), None, "it may pass");
        // The first stands, the second moves on, the third is at its end, the fourth waits for
        // whoever reads, and nothing ever came of the fifth.
        let first = at(&[[7, 7, 9], [1, 1, 9], [9, 9, 9], [2, 6, 9], [-1001, 4, 9]]);
        let second = at(&[[7, 7, 9], [2, 2, 9], [9, 9, 9], [2, 6, 9], [-1001, 4, 9]]);
        trouble.look("t", &first, after(21));
        assert_eq!(trouble.text("t"), None, "it may pass");
        trouble.look("t", &second, after(26));
        let text = trouble.text("t").unwrap();
        let places = "partition 0 is not read from offset 7 on, partition 4 is not read from \
                      offset 4 on: codec 5";
        assert!(text.starts_with(&format!("the topic t: {places}")), "{text}");

        trouble.read("t", 0, 7);
        assert!(trouble.text("t").is_some_and(|text| !text.contains("partition 0")));
        trouble.look("t", &at(&[[9, 9, 9], [9, 9, 9], [9, 9, 9], [9, 9, 9], [9, 9, 9]]), after(31));
        assert_eq!(trouble.text("t"), None);
    }

    #[test]
    fn an_error_without_a_place_is_told_until_it_was_not_heard_for_a_while() {
        let (trouble, began) = (Trouble::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        let refused = error(RDKafkaErrorCode::TopicAuthorizationFailed);
        trouble.failed("t", &refused, "no", after(0));
        trouble.failed("t", &refused, "no", after(5));
        assert!(trouble.text("t").is_some_and(|text| text.starts_with("the topic t: it is not")));
        trouble.look("t", &at(&[]), after(60));
        assert!(trouble.text("t").is_some(), "nothing is read at all");
        trouble.failed("t", &refused, "no", after(60));
        trouble.look("t", &at(&[[9, 9, 9]]), after(65));
        assert!(trouble.text("t").is_some(), "it was heard a moment ago");
        trouble.look("t", &at(&[[9, 9, 9]]), after(76));
        assert_eq!(trouble.text("t"), None);
    }
}
