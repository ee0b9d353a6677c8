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
pub(crate) const WHY: &str = "__connect.errors.exception.message";

/// How far the connector is. Counted in records of the topic, of which some become no document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Records that are on the topic.
    pub n_records: u64,
    /// Of them, those that the connector has not committed yet.
    pub n_behind: u64,
}

/// How far the connector is in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which one.
    pub partition: i32,
    /// The offset of the first record that it keeps.
    #[serde(skip)]
    pub begin: i64,
    /// The offset of the first record that is not committed.
    pub next: i64,
    /// The offset of the next record to be written.
    pub end: i64,
    /// The offset of a record that waits and that the Bank cannot have written, where it was looked
    /// for: what the connector cannot get past is likely there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<i64>,
}

/// How far the connector is; only the brokers are asked.
pub async fn lag(brokers: &Brokers) -> Result<Lag, PipelineError> {
    let mut lag = Lag::default();
    for Standing { begin, next, end, .. } in standings(brokers).await? {
        lag.n_records += end.abs_diff(begin);
        lag.n_behind += end.abs_diff(next);
    }
    Ok(lag)
}

/// How far it is in each partition.
pub(crate) async fn standings(brokers: &Brokers) -> Result<Vec<Standing>, PipelineError> {
    // So Kafka Connect calls the group of a sink.
    let group = format!("connect-{CONNECTOR_NAME}");
    let asked = brokers.clone();
    blocking(brokers, move || group_standings(&asked, TOPIC, &group)).await
}

/// Of these, where records wait and none was committed between two looks.
pub(crate) fn standing_still(before: &[Standing], after: &[Standing]) -> Vec<Standing> {
    let stands = |now: &&Standing| {
        now.next < now.end
            && before
                .iter()
                .any(|it| it.partition == now.partition && it.next == now.next && it.next < it.end)
    };
    after.iter().filter(stands).copied().collect()
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

fn group_standings(
    brokers: &Brokers,
    topic: &str,
    group: &str,
) -> Result<Vec<Standing>, KafkaError> {
    let mut config = client_config(brokers);
    let consumer: Reader = config.set("group.id", group).create_with_context(Quiet)?;
    let mut standings = Vec::new();
    let Some(partitions) = partitions(&consumer, topic)? else { return Ok(standings) };
    for committed in consumer.committed_offsets(partitions, ANSWER_WITHIN)?.elements() {
        let partition = committed.partition();
        let (begin, end) = consumer.fetch_watermarks(topic, partition, ANSWER_WITHIN)?;
        let next = match committed.offset() {
            Offset::Offset(offset) => offset.clamp(begin, end),
            _ => begin,
        };
        standings.push(Standing { partition, begin, next, end, foreign: None });
    }
    Ok(standings)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_stands_where_records_wait_and_none_is_committed() {
        let at = |of: &[(i64, i64)]| -> Vec<Standing> {
            let of = (0..).zip(of.iter().copied());
            of.map(|(partition, (next, end))| Standing {
                partition,
                begin: 0,
                next,
                end,
                foreign: None,
            })
            .collect()
        };
        // It stands, it moves, it is at its end, it began to wait a moment ago.
        let before = at(&[(7, 9), (1, 9), (9, 9), (4, 4)]);
        let after = at(&[(7, 12), (2, 9), (9, 9), (4, 5)]);
        let standing = standing_still(&before, &after);
        assert_eq!(standing, [after[0]]);
    }
}
