//! Everything that is on the topic, from its beginning to its end, for who holds it against the
//! Bank.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

use bancada_kernel::PaymentEvent;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::context::Context;
use crate::decode::{EventValueError, event_from_value};
use crate::topic::Topic;

/// Records that are given back at once.
const MAX_RECORDS: usize = 20_000;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Where a record is: partition and offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub i32, pub i64);

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

/// A record of the topic.
#[derive(Clone, Debug)]
pub struct PastRecord {
    /// Where it is.
    pub place: Place,
    /// Its key, if it has one that is text.
    pub key: Option<String>,
    /// Its value.
    pub value: Vec<u8>,
}

impl PastRecord {
    /// What its value says.
    ///
    /// # Errors
    /// When that is not an event that this program knows.
    pub fn event(&self) -> Result<PaymentEvent, EventValueError> {
        event_from_value(&self.value)
    }
}

/// The topic, and how far it was read.
pub struct TopicPast {
    topic: Topic,
    /// By partition, the offset of the next record.
    next: BTreeMap<i32, i64>,
}

impl TopicPast {
    /// The topic, of which nothing was read yet.
    pub fn new(topic: Topic) -> TopicPast {
        TopicPast { topic, next: BTreeMap::new() }
    }

    /// The records from where the last reading ended, as many as are handled at once; none when
    /// there are no more now.
    ///
    /// # Errors
    /// When the brokers cannot be asked, or there is no such topic. What was read before is read
    /// again the next time.
    pub async fn read_on(&mut self) -> Result<Vec<PastRecord>, KafkaError> {
        // librdkafka's reading blocks a thread.
        let mut reading = TopicPast { topic: self.topic.clone(), next: self.next.clone() };
        let read = move || reading.read().map(|records| (reading.next, records));
        let read = tokio::task::spawn_blocking(read).await.unwrap_or(Err(KafkaError::Canceled));
        let (next, records) = read?;
        self.next = next;
        Ok(records)
    }

    fn read(&mut self) -> Result<Vec<PastRecord>, KafkaError> {
        let consumer: BaseConsumer<Context> = self
            .topic
            .client_config()
            // A consumer needs the name of a group, even one that commits nothing.
            .set("group.id", "bancada-past")
            .set("enable.auto.commit", "false")
            .create_with_context(Context::new("past"))?;
        let name = self.topic.name().to_owned();
        let metadata = consumer.fetch_metadata(Some(&name), ANSWER_WITHIN)?;
        let topic = metadata.topics().first();
        if let Some(code) = topic.and_then(|topic| topic.error()) {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::from(code)));
        }
        let mut assignment = TopicPartitionList::new();
        let mut ends = BTreeMap::new();
        for partition in topic.iter().flat_map(|topic| topic.partitions()) {
            let partition = partition.id();
            let (low, high) = consumer.fetch_watermarks(&name, partition, ANSWER_WITHIN)?;
            let next = self.next.entry(partition).or_insert(low);
            *next = (*next).max(low);
            if *next < high {
                assignment.add_partition_offset(&name, partition, Offset::Offset(*next))?;
                ends.insert(partition, high);
            }
        }
        consumer.assign(&assignment)?;
        let mut records = Vec::new();
        let is_more = |next: &BTreeMap<i32, i64>| ends.iter().any(|(it, end)| next[it] < *end);
        while records.len() < MAX_RECORDS && is_more(&self.next) {
            let Some(record) = consumer.poll(ANSWER_WITHIN) else {
                return Err(KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut));
            };
            let record = record?;
            let (partition, offset) = (record.partition(), record.offset());
            self.next.insert(partition, offset + 1);
            records.push(PastRecord {
                place: Place(partition, offset),
                key: record.key_view::<str>().and_then(Result::ok).map(str::to_owned),
                value: record.payload().unwrap_or_default().to_vec(),
            });
        }
        Ok(records)
    }
}
