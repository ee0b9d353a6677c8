//! The thread that reads the topic.
//!
//! It assigns itself every partition from the offsets that the statement kept with its rows; the
//! broker's own memory of a group is not asked, because it may be ahead of the rows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bancada_event_record::{Place, Unreadable, event_from_value};
use bancada_extrato::ports::Undecodable;
use bancada_extrato::ports::{Offsets, SourceBatch, SourceError, SourcePosition, SourceRecord};
use bancada_kernel::{CardToken, PaymentEvent};
use bancada_telemetry::Metrics;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::context::Context;
use crate::set_aside::why;
use crate::statistics::{self, Counted};
use crate::thread::ReadingThread;
use crate::topic::Topic;
use crate::trouble::is_about_records;

/// Records handed over at once.
const MAX_BATCH: usize = 512;
/// How long one look for records takes when there are none, and so how long stopping takes.
const POLL: Duration = Duration::from_millis(100);
/// How long a reader whose statement is busy waits before it looks again.
const PAUSE: Duration = Duration::from_millis(2);
/// An idle source says that it is alive this often.
const IDLE: Duration = Duration::from_secs(1);
/// How often the topic is looked at for partitions that were added.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

type Batches = Sender<Result<SourceBatch, SourceError>>;

/// Starts reading; `opened` is told when records begin to come, or why they cannot.
pub(crate) fn start(
    topic: Topic,
    metrics: &Metrics,
    after: Offsets,
    batches: Batches,
    opened: impl FnOnce(Result<(), SourceError>) + Send + 'static,
) -> std::io::Result<ReadingThread> {
    let counted = Counted::reading(metrics, "consumer", &topic);
    ReadingThread::start("kafka-reader", move |is_stopping| {
        let reading = match Reading::open(topic, counted, &after) {
            Ok(reading) => reading,
            Err(error) => return opened(Err(SourceError::Away(error))),
        };
        opened(Ok(()));
        if let Err(error) = reading.read(&batches, is_stopping) {
            send(&batches, Err(SourceError::Away(error)), is_stopping);
        }
    })
}

/// The topic, read from where the statement is.
struct Reading {
    topic: Topic,
    consumer: BaseConsumer<Context>,
    n_partitions: usize,
}

impl Reading {
    fn open(topic: Topic, counted: Counted, after: &Offsets) -> Result<Reading, String> {
        let consumer: BaseConsumer<Context> = topic
            .client_config()
            .set("group.id", "bancada-extrato")
            .set("enable.auto.commit", "false")
            // An offset that is not there any more is an error, never a silent jump.
            .set("auto.offset.reset", "error")
            .set("queued.max.messages.kbytes", "16384")
            .set(statistics::EVERY.0, statistics::EVERY.1)
            .create_with_context(Context::reading("consumer", counted, &topic))
            .map_err(|error| format!("the kafka consumer cannot be made: {error}"))?;
        let n_partitions = count_partitions(&consumer, topic.name())?;
        let mut assignment = TopicPartitionList::with_capacity(n_partitions);
        for partition in 0..u32::try_from(n_partitions).unwrap_or(0) {
            let number = i32::try_from(partition).unwrap_or(i32::MAX);
            let (low, high) = consumer
                .fetch_watermarks(topic.name(), number, ANSWER_WITHIN)
                .map_err(|error| format!("partition {partition} cannot be read: {error}"))?;
            let kept = after.0.get(&partition).copied();
            let start = match start_offset(kept, low, high) {
                Start::At(offset) => offset,
                Start::Anew(offset) => {
                    tracing::warn!(
                        partition,
                        kept,
                        low,
                        high,
                        "the topic does not hold what comes next, it is read from its beginning"
                    );
                    offset
                }
            };
            assignment
                .add_partition_offset(topic.name(), number, Offset::Offset(start))
                .map_err(|error| error.to_string())?;
        }
        consumer.assign(&assignment).map_err(|error| error.to_string())?;
        Ok(Reading { topic, consumer, n_partitions })
    }

    fn read(&self, batches: &Batches, is_stopping: &AtomicBool) -> Result<(), String> {
        let (mut told, mut looked) = (Instant::now(), Instant::now());
        while !is_stopping.load(Ordering::Relaxed) && !batches.is_closed() {
            let mut records = self.poll().map_err(|error| error.to_string())?;
            records.extend(self.topic.pass_over(&self.consumer).map(|passed| put_aside(&passed)));
            // librdkafka would connect again by itself, and the statement seem fresh meanwhile.
            if self.consumer.context().were_all_brokers_down() {
                return Err("no broker can be reached".to_owned());
            }
            if !records.is_empty() || told.elapsed() >= IDLE {
                told = Instant::now();
                let batch = SourceBatch { records, committed_position: None };
                if !send(batches, Ok(batch), is_stopping) {
                    break;
                }
            }
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                let n_partitions = count_partitions(&self.consumer, self.topic.name())?;
                if n_partitions != self.n_partitions {
                    return Err(format!("the topic has {n_partitions} partitions now"));
                }
            }
        }
        Ok(())
    }

    /// What is there, at most [`MAX_BATCH`] records.
    fn poll(&self) -> Result<Vec<SourceRecord>, KafkaError> {
        let mut records = Vec::new();
        let mut wait = POLL;
        while records.len() < MAX_BATCH {
            match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    self.topic.trouble.read(self.topic.name(), partition, offset);
                    records.push(record(&message));
                }
                Some(Err(error)) => {
                    // The other partitions are read nevertheless, and what comes in this one is
                    // fetched from the Bank.
                    if !is_about_records(&error) {
                        return Err(error);
                    }
                }
            }
            wait = Duration::ZERO;
        }
        Ok(records)
    }
}

fn count_partitions(consumer: &BaseConsumer<Context>, name: &str) -> Result<usize, String> {
    let metadata = consumer
        .fetch_metadata(Some(name), ANSWER_WITHIN)
        .map_err(|error| format!("the broker does not answer: {error}"))?;
    let topic = metadata.topics().iter().find(|topic| topic.name() == name);
    match topic.map_or(0, |topic| topic.partitions().len()) {
        0 => Err(format!("the broker has no topic {name:?} yet")),
        n_partitions => Ok(n_partitions),
    }
}

/// Waits while the statement is busy; false when nobody wants it any more.
fn send(
    batches: &Batches,
    mut batch: Result<SourceBatch, SourceError>,
    is_stopping: &AtomicBool,
) -> bool {
    loop {
        match batches.try_send(batch) {
            Ok(()) => return true,
            Err(TrySendError::Closed(_)) => return false,
            Err(TrySendError::Full(_)) if is_stopping.load(Ordering::Relaxed) => return false,
            Err(TrySendError::Full(back)) => {
                batch = back;
                std::thread::park_timeout(PAUSE);
            }
        }
    }
}

/// Where reading a partition begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// After what is kept, or at the beginning when nothing is.
    At(i64),
    /// At the beginning, because the partition does not hold what follows: it was made anew, or
    /// what follows was deleted. What is read again is known by its card's sequence, and what is
    /// missing is fetched from the Bank.
    Anew(i64),
}

fn start_offset(kept: Option<u64>, low: i64, high: i64) -> Start {
    let Some(kept) = kept else { return Start::At(low) };
    match i64::try_from(kept).ok().and_then(|kept| kept.checked_add(1)) {
        Some(next) if (low..=high).contains(&next) => Start::At(next),
        _ => Start::Anew(low),
    }
}

/// Records that cannot be read at all: one dead letter, after which the statement goes on. Which
/// cards they are of nobody knows.
fn put_aside(passed: &Unreadable) -> SourceRecord {
    // Neither is negative in records that are there.
    let Place(partition, last) = passed.last;
    let at = SourcePosition { partition: partition.unsigned_abs(), offset: last.unsigned_abs() };
    let event = Err(Undecodable { card: None, raw: Vec::new(), why: why(passed) });
    SourceRecord { at: Some(at), event }
}

fn record(message: &BorrowedMessage<'_>) -> SourceRecord {
    // Neither is negative in a record that was read.
    let at = SourcePosition {
        partition: message.partition().unsigned_abs(),
        offset: message.offset().unsigned_abs(),
    };
    let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
    let event = read_event(key, message.payload()).map_err(|why| Undecodable {
        card: key.and_then(|key| CardToken::parse(key).ok()),
        raw: message.payload().unwrap_or_default().to_vec(),
        why,
    });
    SourceRecord { at: Some(at), event }
}

/// The event of a record, whose key must be its card: another key is another order.
fn read_event(key: Option<&str>, value: Option<&[u8]>) -> Result<PaymentEvent, String> {
    let value = value.ok_or_else(|| "the record has no value".to_owned())?;
    let event = event_from_value(value).map_err(|error| error.to_string())?;
    let card = event.card.as_ref().map(|card| card.token.as_str());
    if card != key {
        let card = card.unwrap_or("no card");
        return Err(format!("the record's key is not its card, which is {card}"));
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use bancada_kernel::{Brand, EventCard, EventId, EventKind, Money, Timestamp};

    use super::*;
    use bancada_event_record::event_to_value;

    #[test]
    fn reading_begins_after_what_is_kept_if_the_partition_holds_that() {
        for (kept, low, high, expected) in [
            (None, 0, 0, Start::At(0)),
            (None, 5, 9, Start::At(5)),
            (Some(0), 0, 9, Start::At(1)),
            (Some(8), 0, 9, Start::At(9)),
            // Everything was read; the next one is not there yet.
            (Some(8), 9, 9, Start::At(9)),
            // The topic was deleted and made anew.
            (Some(8), 0, 0, Start::Anew(0)),
            (Some(9), 0, 9, Start::Anew(0)),
            // Retention deleted what follows.
            (Some(3), 5, 9, Start::Anew(5)),
            (Some(u64::MAX), 0, 9, Start::Anew(0)),
        ] {
            assert_eq!(start_offset(kept, low, high), expected, "{kept:?} in {low}..{high}");
        }
    }

    #[test]
    fn a_record_under_another_key_is_no_event() {
        let card = EventCard {
            token: CardToken::parse("card_1").unwrap(),
            sequence: 1,
            masked_number: "************1000".to_owned(),
            brand: Brand::Visa,
            after: None,
        };
        let id = EventId::parse("00000000-0000-7000-8000-000000000001").unwrap();
        let (kind, now) = (EventKind::CardIssued, Timestamp(0));
        let event = PaymentEvent::of_card(kind, id, 1, card, Money::brl(0), now, None);
        let value = event_to_value(&event);
        assert_eq!(read_event(Some("card_1"), Some(&value)), Ok(event));
        for key in [Some("card_2"), None] {
            let why = read_event(key, Some(&value)).unwrap_err();
            assert!(why.contains("not its card, which is card_1"), "{why}");
        }
        assert!(read_event(Some("card_1"), None).is_err(), "a tombstone");
    }
}
