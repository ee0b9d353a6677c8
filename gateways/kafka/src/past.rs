//! Everything that is on the topic, from its beginning to its end, for who holds it against the
//! Bank.

use std::collections::BTreeMap;
use std::time::Duration;

use bancada_event_record::{PastRecord, Place, Unreadable};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, Timestamp};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::context::Context;
use crate::topic::Topic;
use crate::trouble::is_about_records;

/// Records that are given back at once.
const MAX_RECORDS: usize = 20_000;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The topic, and how far it was read.
pub struct TopicPast {
    topic: Topic,
    /// By partition, the offset of the next record.
    next: BTreeMap<i32, i64>,
    /// The one partition that is read, if it is one.
    only: Option<i32>,
    unreadable: Vec<Unreadable>,
}

impl TopicPast {
    /// The topic, of which nothing was read yet.
    pub fn new(topic: Topic) -> TopicPast {
        TopicPast { topic, next: BTreeMap::new(), only: None, unreadable: Vec::new() }
    }

    /// One of its partitions, from an offset on.
    pub fn from(topic: Topic, partition: i32, offset: i64) -> TopicPast {
        TopicPast {
            next: [(partition, offset)].into(),
            only: Some(partition),
            ..TopicPast::new(topic)
        }
    }

    /// The records up to an offset, which is one of them; of one partition.
    ///
    /// # Errors
    /// As of [`TopicPast::read_on`].
    pub async fn read_to(mut self, last: i64) -> Result<Vec<PastRecord>, KafkaError> {
        let mut all = Vec::new();
        loop {
            let records = self.read_on().await?;
            let is_end = records.is_empty() || records.iter().any(|it| it.place.1 >= last);
            all.extend(records.into_iter().filter(|record| record.place.1 <= last));
            if is_end {
                return Ok(all);
            }
        }
    }

    /// What was passed over because it cannot be read.
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// The records from where the last reading ended, as many as are handled at once; none when
    /// there are no more now.
    ///
    /// # Errors
    /// When the brokers cannot be asked, or there is no such topic. What was read before is read
    /// again the next time.
    pub async fn read_on(&mut self) -> Result<Vec<PastRecord>, KafkaError> {
        // librdkafka's reading blocks a thread.
        let mut reading = TopicPast {
            topic: self.topic.clone(),
            next: self.next.clone(),
            only: self.only,
            unreadable: self.unreadable.clone(),
        };
        let read = move || reading.read().map(|records| (reading, records));
        let read = tokio::task::spawn_blocking(read).await.unwrap_or(Err(KafkaError::Canceled));
        let (reached, records) = read?;
        *self = reached;
        Ok(records)
    }

    /// The records in a row that begin where it stands and cannot be read; `None` where the first
    /// can be. Blocks.
    pub(crate) fn unreadable_now(mut self) -> Result<Option<Unreadable>, KafkaError> {
        let first = self.next.clone();
        self.read()?;
        let begins_there = |it: &Unreadable| first.get(&it.first.0) == Some(&it.first.1);
        Ok(self.unreadable.into_iter().find(begins_there))
    }

    fn read(&mut self) -> Result<Vec<PastRecord>, KafkaError> {
        let consumer: BaseConsumer<Context> = self
            .topic
            .client_config()
            // A consumer needs the name of a group, even one that commits nothing.
            .set("group.id", "bancada-past")
            .set("enable.auto.commit", "false")
            // What comes last in a partition need not be a record.
            .set("enable.partition.eof", "true")
            // A place that cannot be read is tried offset by offset.
            .set("fetch.error.backoff.ms", "0")
            .create_with_context(Context::new("past"))?;
        let name = self.topic.name().to_owned();
        let metadata = consumer.fetch_metadata(Some(&name), ANSWER_WITHIN)?;
        let topic = metadata.topics().first();
        if let Some(code) = topic.and_then(|topic| topic.error()) {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::from(code)));
        }
        let mut records = Vec::new();
        for partition in topic.iter().flat_map(|topic| topic.partitions()) {
            let partition = partition.id();
            if self.only.is_some_and(|only| only != partition) {
                continue;
            }
            let (low, high) = consumer.fetch_watermarks(&name, partition, ANSWER_WITHIN)?;
            let next = self.next.entry(partition).or_insert(low);
            *next = (*next).max(low);
            // One at a time: an error of librdkafka's names no partition.
            while self.next[&partition] < high && records.len() < MAX_RECORDS {
                self.read_partition(&consumer, partition, high, &mut records)?;
            }
        }
        Ok(records)
    }

    /// Reads a partition up to its end or to a place that cannot be read, and passes that over.
    fn read_partition(
        &mut self,
        consumer: &BaseConsumer<Context>,
        partition: i32,
        end: i64,
        records: &mut Vec<PastRecord>,
    ) -> Result<(), KafkaError> {
        let mut from = TopicPartitionList::new();
        let next = Offset::Offset(self.next[&partition]);
        from.add_partition_offset(self.topic.name(), partition, next)?;
        consumer.assign(&from)?;
        while self.next[&partition] < end && records.len() < MAX_RECORDS {
            let record = match consumer.poll(ANSWER_WITHIN) {
                Some(Ok(record)) => record,
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    self.next.insert(partition, end);
                    return Ok(());
                }
                Some(Err(error)) if is_about_records(&error) => {
                    self.pass_over(partition, consumer.context().reason());
                    return Ok(());
                }
                Some(Err(error)) => return Err(error),
                None => {
                    return Err(KafkaError::MessageConsumption(
                        RDKafkaErrorCode::OperationTimedOut,
                    ));
                }
            };
            let offset = record.offset();
            self.next.insert(partition, offset + 1);
            records.push(PastRecord {
                place: Place(partition, offset),
                key: record.key_view::<str>().and_then(Result::ok).map(str::to_owned),
                value: record.payload().unwrap_or_default().to_vec(),
                headers: headers(&record),
                timestamp_ms: match record.timestamp() {
                    Timestamp::CreateTime(ms) => Some(ms),
                    // A broker may be told to write its own.
                    Timestamp::LogAppendTime(_) | Timestamp::NotAvailable => None,
                },
            });
        }
        Ok(())
    }

    /// Goes on at the next offset. Nobody says where a batch ends that cannot be read, so that
    /// each of its offsets is tried, and it is one place.
    fn pass_over(&mut self, partition: i32, why: String) {
        let offset = self.next[&partition];
        let place = Place(partition, offset);
        self.next.insert(partition, offset + 1);
        let before = self.unreadable.last_mut();
        match before.filter(|it| it.last == Place(partition, offset - 1)) {
            Some(before) => before.last = place,
            None => self.unreadable.push(Unreadable { first: place, last: place, why }),
        }
    }
}

fn headers(record: &BorrowedMessage<'_>) -> Vec<(String, Vec<u8>)> {
    let headers = record.headers().into_iter().flat_map(|headers| headers.iter());
    let owned = |header: Header<'_, &[u8]>| {
        (header.key.to_owned(), header.value.unwrap_or_default().to_vec())
    };
    headers.map(owned).collect()
}
