//! Putting a record aside that the connector cannot get past: it becomes a dead letter with its
//! place, what came before it becomes documents, and the connector goes on behind it.

use std::time::{Duration, Instant};

use bancada_event_record::{PastRecord, Place};
use bancada_kafka::{Topic, TopicPast};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::connect;
use crate::copies::Copies;
use crate::document::{changes_payment, write};
use crate::documents::{CONNECTOR_NAME, Documents, INDEX as TOPIC};
use crate::error::PipelineError;
use crate::lag::{Standing, WHY, standings};
use crate::topics::{ANSWER_WITHIN, client_config, unreachable};
use crate::{Servers, elasticsearch};

/// Where a dead letter was, as Kafka Connect says it.
const HEADERS_OF_PLACE: [&str; 3] =
    ["__connect.errors.topic", "__connect.errors.partition", "__connect.errors.offset"];
/// More than the connector's max.poll.interval.ms.
const MISSED_WITHIN: Duration = Duration::from_secs(90);
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// As many as a task reads at once.
const WINDOW: i64 = 500;

/// What the Bank cannot have written: why, or nothing.
pub(crate) fn is_foreign(record: &PastRecord) -> Option<String> {
    let event = match record.event() {
        Ok(event) => event,
        Err(error) => return Some(error.to_string()),
    };
    let parts = record.contradictions(&event);
    if !parts.is_empty() {
        return Some(format!("it contradicts itself in {}", parts.join(", ")));
    }
    let card = event.card.as_ref().map(|card| card.token.as_str());
    (record.key.as_deref() != card).then(|| "its key is not its card".to_owned())
}

/// Puts the record at a place aside, and every record before it that was not copied yet and that
/// the Bank cannot have written. Returns their places.
///
/// # Errors
/// When the place was copied already or is not there, or a server does not do its part. It can be
/// done again: documents know their version.
pub async fn set_aside(servers: &Servers, place: Place) -> Result<Vec<Place>, PipelineError> {
    let copies = Copies::new(&servers.connect, &servers.elasticsearch, servers.within);
    let standing = standings(&servers.kafka).await?;
    let standing = standing.into_iter().find(|it| it.partition == place.0);
    let Some(standing) = standing.filter(|it| (it.next..it.end).contains(&place.1)) else {
        return Err(PipelineError::NotWaiting { place: place.to_string() });
    };
    copies.stop().await?;
    let passed = pass(servers, &copies, &standing, place).await;
    // Also where it failed: a connector that was stopped is left alone by everybody.
    copies.order(Method::PUT, "resume").await?;
    let letters = passed?;
    connect::runs(&copies.connect, CONNECTOR_NAME, true).await?;
    Ok(letters)
}

/// The connector is stopped meanwhile: nobody else moves its offsets.
async fn pass(
    servers: &Servers,
    copies: &Copies,
    standing: &Standing,
    place: Place,
) -> Result<Vec<Place>, PipelineError> {
    let topic = Topic::payments(servers.kafka.clone());
    let records = TopicPast::from(topic, place.0, standing.next).read_to(place.1).await;
    let records = records.map_err(|error| unreachable(&servers.kafka, &error))?;
    let (mut letters, mut events) = (Vec::new(), Vec::new());
    for record in &records {
        let foreign = is_foreign(record);
        if record.place == place || foreign.is_some() {
            let why = foreign.unwrap_or_else(|| "it was put aside by hand".to_owned());
            letters.push((record, why));
        } else if let Ok(event) = record.event()
            && changes_payment(&event)
        {
            events.push(event);
        }
    }
    elasticsearch::meet(&copies.elasticsearch).await?;
    write(&copies.elasticsearch, &events.iter().collect::<Vec<_>>()).await?;
    for (record, why) in &letters {
        send_dead_letter(servers, record, why).await?;
    }
    let offsets = json!({ "offsets": [{
        "partition": { "kafka_topic": TOPIC, "kafka_partition": place.0 },
        "offset": { "kafka_offset": place.1 + 1 },
    }] });
    move_offsets(copies, &offsets).await?;
    Ok(letters.iter().map(|(record, _)| record.place).collect())
}

/// A task that stands still is a member of the connector's group until it is missed, however long
/// it was told to stop: until then nobody else may move its offsets.
async fn move_offsets(copies: &Copies, offsets: &Value) -> Result<(), PipelineError> {
    let path = format!("/connectors/{CONNECTOR_NAME}/offsets");
    let deadline = Instant::now() + MISSED_WITHIN;
    loop {
        let answer = copies.connect.send(Method::PATCH, &path, Some(offsets)).await?;
        let is_refused = answer.status == StatusCode::INTERNAL_SERVER_ERROR;
        if !is_refused || Instant::now() >= deadline {
            return copies.connect.good(answer, &format!("PATCH {path}")).map(drop);
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
}

/// The last record, of those that a task has read at once, that the Bank cannot have written.
pub(crate) async fn last_foreign(
    servers: &Servers,
    standing: &Standing,
) -> Result<Option<Place>, PipelineError> {
    let topic = Topic::payments(servers.kafka.clone());
    let end = standing.end.min(standing.next + WINDOW) - 1;
    let records = TopicPast::from(topic, standing.partition, standing.next).read_to(end).await;
    let records = records.map_err(|error| unreachable(&servers.kafka, &error))?;
    let foreign = records.iter().rev().find(|record| is_foreign(record).is_some());
    Ok(foreign.map(|record| record.place))
}

async fn send_dead_letter(
    servers: &Servers,
    record: &PastRecord,
    why: &str,
) -> Result<(), PipelineError> {
    let documents = Documents::embedded();
    let topic = documents.dead_letters_topic();
    let place = [TOPIC.to_owned(), record.place.0.to_string(), record.place.1.to_string()];
    let mut headers = OwnedHeaders::new().insert(Header { key: WHY, value: Some(why) });
    for (key, value) in HEADERS_OF_PLACE.into_iter().zip(&place) {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    for (key, value) in &record.headers {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    let sent = async {
        let producer: FutureProducer = client_config(&servers.kafka).set("acks", "all").create()?;
        let mut letter = FutureRecord::to(topic).payload(&record.value).headers(headers);
        if let Some(key) = &record.key {
            letter = letter.key(key);
        }
        let sent = producer.send(letter, Timeout::After(ANSWER_WITHIN)).await;
        sent.map(drop).map_err(|(error, _)| error)
    };
    sent.await.map_err(|error: KafkaError| unreachable(&servers.kafka, &error))
}
