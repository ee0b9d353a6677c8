//! Looking whether the pipeline works.

use serde::Serialize;

use crate::connect::ConnectorState;
use crate::documents::{CONNECTOR_NAME, Documents};
use crate::error::{PipelineError, Server};
use crate::lag::{self, Lag};
use crate::rest::Rest;
use crate::{Servers, connect, elasticsearch};

/// How the pipeline is.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The connector; `None` where it was never applied.
    pub connector: Option<ConnectorStatus>,
    /// How far it is behind the topic.
    pub lag: Lag,
    /// Documents in Elasticsearch, one per payment; `None` without an index.
    pub n_documents: Option<u64>,
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
    /// Whether payments are being copied. A lag is no fault, and a dead letter may be an old one.
    pub fn is_well(&self) -> bool {
        let runs = self.connector.as_ref().is_some_and(|it| {
            let tasks_run = it.tasks.iter().all(|task| task.state == "RUNNING");
            it.state == "RUNNING" && !it.tasks.is_empty() && tasks_run
        });
        runs && self.n_documents.is_some()
    }
}

/// Asks all of them. A server that does not answer is an error.
pub async fn status(servers: &Servers) -> Result<Status, PipelineError> {
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
        lag: lag::lag(&servers.kafka).await?,
        dead_letters: lag::dead_letters(&servers.kafka, documents.dead_letters_topic()).await?,
    })
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
