//! How far the connector is behind the topic, and what it has put aside.

use bancada_kafka::Brokers;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde::Serialize;

use crate::documents::{CONNECTOR_NAME, INDEX as TOPIC};
use crate::error::PipelineError;
use crate::status::DeadLetters;
use crate::topics::{ANSWER_WITHIN, Quiet, client_config, unreachable};

type Reader = BaseConsumer<Quiet>;

/// In which header Kafka Connect says why a record is a dead letter.
const WHY: &str = "__connect.errors.exception.message";

/// How far the connector is. Counted in records of the topic, of which some become no document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Records that are on the topic.
    pub n_records: u64,
    /// Of them, those that the connector has not committed yet.
    pub n_behind: u64,
}

/// How far the connector is; only the brokers are asked.
pub async fn lag(brokers: &Brokers) -> Result<Lag, PipelineError> {
    // So Kafka Connect calls the group of a sink.
    let group = format!("connect-{CONNECTOR_NAME}");
    let asked = brokers.clone();
    blocking(brokers, move || group_lag(&asked, TOPIC, &group)).await
}

/// What is on the topic of dead letters, and why the last one is there.
pub(crate) async fn dead_letters(
    brokers: &Brokers,
    topic: &str,
) -> Result<DeadLetters, PipelineError> {
    let (asked, topic) = (brokers.clone(), topic.to_owned());
    blocking(brokers, move || read_dead_letters(&asked, &topic)).await
}

/// librdkafka's questions about offsets block.
async fn blocking<T: Send + 'static>(
    brokers: &Brokers,
    ask: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, PipelineError> {
    let asked = tokio::task::spawn_blocking(ask).await.unwrap_or(Err(KafkaError::Canceled));
    asked.map_err(|error| unreachable(brokers, &error))
}

fn group_lag(brokers: &Brokers, topic: &str, group: &str) -> Result<Lag, KafkaError> {
    let mut config = client_config(brokers);
    let consumer: Reader = config.set("group.id", group).create_with_context(Quiet)?;
    let mut lag = Lag::default();
    let Some(partitions) = partitions(&consumer, topic)? else { return Ok(lag) };
    for committed in consumer.committed_offsets(partitions, ANSWER_WITHIN)?.elements() {
        let partition = committed.partition();
        let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER_WITHIN)?;
        let next = match committed.offset() {
            Offset::Offset(offset) => offset.clamp(low, high),
            _ => low,
        };
        lag.n_records += high.abs_diff(low);
        lag.n_behind += high.abs_diff(next);
    }
    Ok(lag)
}

fn read_dead_letters(brokers: &Brokers, topic: &str) -> Result<DeadLetters, KafkaError> {
    let mut config = client_config(brokers);
    // A consumer needs the name of a group, even one that commits nothing.
    config.set("group.id", "bancada-pipeline").set("enable.auto.commit", "false");
    let consumer: Reader = config.create_with_context(Quiet)?;
    let mut dead = DeadLetters { n_records: 0, last_reason: None };
    let mut last = None;
    for partition in partitions(&consumer, topic)?.iter().flat_map(|list| list.elements()) {
        let partition = partition.partition();
        let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER_WITHIN)?;
        dead.n_records += high.abs_diff(low);
        if high > low {
            last = Some((partition, high - 1));
        }
    }
    let Some((partition, offset)) = last else { return Ok(dead) };
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    consumer.assign(&assignment)?;
    if let Some(record) = consumer.poll(ANSWER_WITHIN) {
        let record = record?;
        let headers = record.headers().into_iter().flat_map(|headers| headers.iter());
        let why = headers.filter(|header| header.key == WHY).find_map(|header| header.value);
        dead.last_reason = why.map(|why| String::from_utf8_lossy(why).into_owned());
    }
    Ok(dead)
}

/// The partitions of a topic; `None` where there is no such topic.
fn partitions(consumer: &Reader, topic: &str) -> Result<Option<TopicPartitionList>, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_WITHIN)?;
    let Some(topic) = metadata.topics().first() else { return Ok(None) };
    match topic.error().map(RDKafkaErrorCode::from) {
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => return Ok(None),
        Some(code) => return Err(KafkaError::MetadataFetch(code)),
        None => {}
    }
    let mut list = TopicPartitionList::new();
    for partition in topic.partitions() {
        list.add_partition(topic.name(), partition.id());
    }
    Ok(Some(list))
}
