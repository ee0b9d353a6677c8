//! What Kafka Connect has copied, when the topic that it was copied from is made anew.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::HttpAddress;
use crate::connect::{self, ConnectorState};
use crate::documents::{CONNECTOR_NAME, Documents, INDEX};
use crate::elasticsearch;
use crate::error::{PipelineError, Server};
use crate::rest::Rest;

/// Between two looks at tasks that are being stopped.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Stopping a task is a rebalance of Connect's workers.
const STOPS_WITHIN: Duration = Duration::from_secs(60);

/// The connector and its index.
pub struct Copies {
    pub(crate) connect: Rest,
    pub(crate) elasticsearch: Rest,
}

impl Copies {
    /// Of these servers; one that does not answer yet is waited for.
    pub fn new(connect: &HttpAddress, elasticsearch: &HttpAddress, within: Duration) -> Copies {
        Copies {
            connect: Rest::new(Server::Connect, connect, within),
            elasticsearch: Rest::new(Server::Elasticsearch, elasticsearch, within),
        }
    }

    /// Stops the connector, where there is one: what it has read of the topic that is there is not
    /// written any more.
    pub async fn stop(&self) -> Result<(), PipelineError> {
        connect::meet(&self.connect).await?;
        elasticsearch::meet(&self.elasticsearch).await?;
        if connect::state(&self.connect, CONNECTOR_NAME).await?.is_none() {
            return Ok(());
        }
        self.order(Method::PUT, "stop").await?;
        let deadline = Instant::now() + STOPS_WITHIN;
        while !is_stopped(connect::state(&self.connect, CONNECTOR_NAME).await?.as_ref()) {
            if Instant::now() >= deadline {
                let why = format!("it was not stopped within {STOPS_WITHIN:?}");
                let connector = CONNECTOR_NAME.to_owned();
                return Err(PipelineError::NotRunning { connector, why });
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
        Ok(())
    }

    /// Makes the index anew, and lets the connector begin with the topic as it is now. The index is
    /// removed rather than emptied: it would remember the versions of its documents for a while,
    /// and refuse those of the new topic.
    pub async fn begin_anew(&self) -> Result<(), PipelineError> {
        let path = format!("/{INDEX}");
        let answer = self.elasticsearch.send(Method::DELETE, &path, None).await?;
        if answer.status != StatusCode::NOT_FOUND {
            self.elasticsearch.good(answer, &format!("DELETE {path}"))?;
            elasticsearch::apply_index(&self.elasticsearch, &Documents::embedded()).await?;
        }
        if connect::state(&self.connect, CONNECTOR_NAME).await?.is_none() {
            return Ok(());
        }
        self.order(Method::DELETE, "offsets").await?;
        self.order(Method::PUT, "resume").await?;
        connect::runs(&self.connect, CONNECTOR_NAME, true).await
    }

    pub(crate) async fn order(&self, method: Method, what: &str) -> Result<Value, PipelineError> {
        let path = format!("/connectors/{CONNECTOR_NAME}/{what}");
        let answer = self.connect.send(method.clone(), &path, None).await?;
        self.connect.good(answer, &format!("{method} {path}"))
    }
}

fn is_stopped(state: Option<&ConnectorState>) -> bool {
    state.is_none_or(|state| state.connector.state == "STOPPED" && state.tasks.is_empty())
}
