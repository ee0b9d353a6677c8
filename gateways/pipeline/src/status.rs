//! Looking whether the pipeline works.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bancada_event_record::Place;
use bancada_kafka::{Brokers, Topic, TopicPast};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use serde::Serialize;

use crate::aside::last_foreign;
use crate::connect::ConnectorState;
use crate::document::changes_payment;
use crate::documents::{CONNECTOR_NAME, Documents};
use crate::error::{PipelineError, Server};
use crate::lag::{self, Lag, Standing};
use crate::rest::Rest;
use crate::topics::unreachable;
use crate::{Servers, connect, elasticsearch};

/// Between two looks whether anything is committed.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How the pipeline is.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The connector; `None` where it was never applied.
    pub connector: Option<ConnectorStatus>,
    /// How far it is behind the topic.
    pub lag: Lag,
    /// Where records wait and none was committed for as long as it was looked.
    pub standing: Vec<Standing>,
    /// Documents in Elasticsearch, one per payment; `None` without an index.
    pub n_documents: Option<u64>,
    /// Payments that the topic's events are of.
    pub n_payments: u64,
    /// What could not be copied.
    pub dead_letters: DeadLetters,
}

/// How the connector is.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectorStatus {
    /// Its name.
    pub name: &'static str,
    /// In Kafka Connect's words: `RUNNING`, `PAUSED`, `FAILED`, ...
    pub state: String,
    /// Its tasks.
    pub tasks: Vec<TaskStatus>,
    /// Why it, or one of its tasks, failed.
    pub last_error: Option<String>,
}

/// How one of the connector's tasks is.
#[derive(Clone, Debug, Serialize)]
pub struct TaskStatus {
    /// Its number, from 0.
    pub id: u32,
    /// As of the connector.
    pub state: String,
    /// Where it runs.
    pub worker: String,
}

/// Records that became no document.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetters {
    /// How many are kept.
    pub n_records: u64,
    /// Why the last one is there.
    pub last_reason: Option<String>,
}

impl Status {
    /// Documents that are missing: more than the records that wait can make.
    pub fn n_missing(&self) -> u64 {
        let n_known = self.n_documents.unwrap_or_default() + self.lag.n_behind;
        self.n_payments.saturating_sub(n_known)
    }

    /// Whether payments are being copied, and all were. A lag that gets smaller is no fault, and a
    /// dead letter may be an old one.
    pub fn is_well(&self) -> bool {
        let runs = self.connector.as_ref().is_some_and(|it| {
            let tasks_run = it.tasks.iter().all(|task| task.state == "RUNNING");
            it.state == "RUNNING" && !it.tasks.is_empty() && tasks_run
        });
        let copies = self.standing.is_empty() && self.n_missing() == 0;
        runs && self.n_documents.is_some() && copies
    }
}

/// Asks all of them, and reads the topic. Where records wait, it is looked for so long whether any
/// is committed. A server that does not answer is an error.
pub async fn status(servers: &Servers, moves_within: Duration) -> Result<Status, PipelineError> {
    let rest = Rest::new(Server::Connect, &servers.connect, servers.within);
    connect::meet(&rest).await?;
    let connector = connect::state(&rest, CONNECTOR_NAME).await?.map(connector_status);
    let rest = Rest::new(Server::Elasticsearch, &servers.elasticsearch, servers.within);
    elasticsearch::meet(&rest).await?;
    let n_documents = elasticsearch::n_documents(&rest).await?;
    let documents = Documents::embedded();
    Ok(Status {
        connector,
        n_documents,
        n_payments: n_payments(&servers.kafka).await?,
        standing: standing(servers, moves_within).await?,
        lag: lag::lag(&servers.kafka).await?,
        dead_letters: lag::dead_letters(&servers.kafka, documents.dead_letters_topic()).await?,
    })
}

/// Where nothing moves for so long. A task that cannot get past one record commits nothing of its
/// other partitions either, so it is looked which one it may be.
async fn standing(servers: &Servers, within: Duration) -> Result<Vec<Standing>, PipelineError> {
    let brokers = &servers.kafka;
    let deadline = Instant::now() + within;
    let mut standing = lag::standings(brokers).await?;
    standing.retain(|it| it.next < it.end);
    while !standing.is_empty() && Instant::now() < deadline {
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        standing = lag::standing_still(&standing, &lag::standings(brokers).await?);
    }
    if within.is_zero() {
        return Ok(Vec::new());
    }
    for it in &mut standing {
        it.foreign = last_foreign(servers, it).await?.map(|Place(_, offset)| offset);
    }
    Ok(standing)
}

/// How many payments the topic knows. What the Bank cannot have written is none.
async fn n_payments(brokers: &Brokers) -> Result<u64, PipelineError> {
    let mut past = TopicPast::new(Topic::payments(brokers.clone()));
    let mut payments = HashSet::new();
    loop {
        let records = match past.read_on().await {
            Ok(records) => records,
            Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)) => {
                return Ok(0);
            }
            Err(error) => return Err(unreachable(brokers, &error)),
        };
        if records.is_empty() {
            return Ok(payments.len() as u64);
        }
        let events = records.iter().filter_map(|record| record.event().ok());
        payments.extend(events.filter(changes_payment).map(|event| event.transaction_id));
    }
}

fn connector_status(state: ConnectorState) -> ConnectorStatus {
    let last_error = state.failure();
    let tasks = state.tasks.into_iter().map(|task| TaskStatus {
        id: task.id,
        state: task.state,
        worker: task.worker_id,
    });
    ConnectorStatus {
        name: CONNECTOR_NAME,
        tasks: tasks.collect(),
        state: state.connector.state,
        last_error,
    }
}
