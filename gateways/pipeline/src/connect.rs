//! Kafka Connect: the connector, its tasks, and its plugin.

use std::time::{Duration, Instant};

use bancada_kafka::Brokers;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::apply::Outcome;
use crate::error::PipelineError;
use crate::lag::{standing_still, standings};
use crate::rest::Rest;

/// Between two looks at tasks that are being started.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Starting a task is a rebalance of Connect's workers, and a first question to Elasticsearch.
const RUNS_WITHIN: Duration = Duration::from_secs(60);
/// What was started again is told as failed for a moment more.
const FAILS_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How a connector stands, as Kafka Connect says.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ConnectorState {
    pub(crate) connector: WorkerState,
    pub(crate) tasks: Vec<TaskState>,
}

/// The connector itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WorkerState {
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) trace: Option<String>,
}

/// One of its tasks.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TaskState {
    pub(crate) id: u32,
    pub(crate) state: String,
    pub(crate) worker_id: String,
    #[serde(default)]
    pub(crate) trace: Option<String>,
}

impl ConnectorState {
    /// The first lines of whatever failed.
    pub(crate) fn failure(&self) -> Option<String> {
        let traces = self.tasks.iter().map(|task| (&task.state, &task.trace));
        let mut traces = traces.chain([(&self.connector.state, &self.connector.trace)]);
        let (_, trace) = traces.find(|(state, _)| *state == "FAILED")?;
        Some(cause(trace.as_deref().unwrap_or("no reason is given")))
    }

    pub(crate) fn runs(&self) -> bool {
        let tasks_run = self.tasks.iter().all(|task| task.state == "RUNNING");
        self.connector.state == "RUNNING" && !self.tasks.is_empty() && tasks_run
    }
}

/// Of a Java stack trace, the message and its causes; the rest is for the logs of Connect.
fn cause(trace: &str) -> String {
    let lines = trace.lines().enumerate();
    let lines = lines.filter(|(n, line)| *n == 0 || line.starts_with("Caused by: "));
    lines.map(|(_, line)| line.trim()).collect::<Vec<_>>().join("; ")
}

/// Speaks with Kafka Connect.
pub(crate) async fn meet(rest: &Rest) -> Result<(), PipelineError> {
    rest.meet("/", "/kafka_cluster_id").await.map(drop)
}

/// Makes the connector what it should be, starts what had failed, and waits until it runs and
/// writes what waits.
pub(crate) async fn apply(
    connect: &Rest,
    brokers: &Brokers,
    name: &str,
    config: &Map<String, Value>,
) -> Result<Outcome, PipelineError> {
    has_plugin(connect, config["connector.class"].as_str().unwrap_or_default()).await?;
    let mut wanted = config.clone();
    wanted.insert("name".to_owned(), json!(name));
    let path = format!("/connectors/{name}/config");
    let there = connect.find(&path).await?;
    let outcome = match there {
        Some(there) if there == Value::Object(wanted.clone()) => Outcome::Unchanged,
        Some(_) => Outcome::Changed,
        None => Outcome::Created,
    };
    if outcome != Outcome::Unchanged {
        connect.put(&path, &Value::Object(wanted)).await?;
    }
    let failed = state(connect, name).await?.and_then(|state| state.failure());
    if outcome == Outcome::Unchanged && failed.is_some() {
        restart_failed(connect, brokers, name).await?;
        return Ok(Outcome::Restarted);
    }
    runs(connect, name, outcome == Outcome::Changed).await?;
    Ok(outcome)
}

/// How the connector stands; `None` where it does not exist.
pub(crate) async fn state(
    connect: &Rest,
    name: &str,
) -> Result<Option<ConnectorState>, PipelineError> {
    let there = connect.find(&format!("/connectors/{name}/status")).await?;
    let there = there.map(serde_json::from_value).transpose();
    there.map_err(|error| connect.stranger(&error.to_string()))
}

async fn has_plugin(connect: &Rest, class: &str) -> Result<(), PipelineError> {
    let plugins = connect.get("/connector-plugins").await?;
    let Some(plugins) = plugins.as_array() else {
        return Err(connect.stranger("it has no list of plugins"));
    };
    if plugins.iter().any(|plugin| plugin["class"] == class) {
        return Ok(());
    }
    let address = connect.address.to_string();
    Err(PipelineError::NoPlugin { address, class: class.to_owned() })
}

/// Kafka Connect never starts a failed task again by itself. A task that was started again runs
/// until it meets what stopped it, and other tasks meet the same a moment later; so this waits
/// until records were committed wherever records waited, and starts again what fails meanwhile.
async fn restart_failed(
    connect: &Rest,
    brokers: &Brokers,
    name: &str,
) -> Result<(), PipelineError> {
    let before = standings(brokers).await?;
    restart(connect, name, true).await?;
    let deadline = Instant::now() + RUNS_WITHIN;
    let mut restarted_at = Instant::now();
    loop {
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        let state = state(connect, name).await?;
        let failure = state.as_ref().and_then(ConnectorState::failure);
        let is_late = Instant::now() >= deadline;
        if failure.is_some() && !is_late && restarted_at.elapsed() >= FAILS_AGAIN_AFTER {
            restart(connect, name, true).await?;
            restarted_at = Instant::now();
        }
        if state.is_some_and(|state| state.runs()) {
            let still = standing_still(&before, &standings(brokers).await?);
            if still.is_empty() {
                return Ok(());
            }
        }
        if is_late {
            let nothing = format!("its tasks run, and wrote nothing within {RUNS_WITHIN:?}");
            let why = failure.unwrap_or(nothing);
            return Err(PipelineError::NotRunning { connector: name.to_owned(), why });
        }
    }
}

/// Starts the tasks again: those that failed, or all of them.
pub(crate) async fn restart(
    connect: &Rest,
    name: &str,
    only_failed: bool,
) -> Result<(), PipelineError> {
    let path = format!("/connectors/{name}/restart?includeTasks=true&onlyFailed={only_failed}");
    let answer = connect.send(Method::POST, &path, None).await?;
    connect.good(answer, &format!("POST {path}")).map(drop)
}

/// Waits until the connector and its tasks run. Where there were tasks before, the failure that is
/// told first may still be theirs.
pub(crate) async fn runs(connect: &Rest, name: &str, had_tasks: bool) -> Result<(), PipelineError> {
    let deadline = Instant::now() + RUNS_WITHIN;
    loop {
        let state = state(connect, name).await?;
        let failure = state.as_ref().and_then(ConnectorState::failure);
        let is_late = Instant::now() >= deadline;
        match (state, failure) {
            (Some(state), None) if state.runs() => return Ok(()),
            (_, Some(why)) if !had_tasks || is_late => {
                return Err(PipelineError::NotRunning { connector: name.to_owned(), why });
            }
            _ if is_late => {
                let why = format!("its tasks were not started within {RUNS_WITHIN:?}");
                return Err(PipelineError::NotRunning { connector: name.to_owned(), why });
            }
            _ => tokio::time::sleep(LOOK_AGAIN_AFTER).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_failure_the_causes_are_told() {
        let trace = "org.ConnectException: Exiting\n\tat org.A.b(A.java:1)\nCaused by: x.Y: \
                     strict\n\tat x.Z.z(Z.java:2)\n\t... 9 more\n";
        let state: ConnectorState = serde_json::from_value(json!({
            "name": "c",
            "connector": { "state": "RUNNING", "worker_id": "w:1" },
            "tasks": [
                { "id": 0, "state": "RUNNING", "worker_id": "w:1" },
                { "id": 1, "state": "FAILED", "worker_id": "w:1", "trace": trace },
            ],
        }))
        .unwrap();
        assert!(!state.runs());
        let told = state.failure().unwrap();
        assert_eq!(told, "org.ConnectException: Exiting; Caused by: x.Y: strict");
    }
}
