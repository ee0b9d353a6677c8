//! What the tree looks like at one moment, ready to be serialized.

use serde::Serialize;

use crate::spec::{ChildId, Strategy};

/// The whole tree at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Since the tree started.
    pub uptime_ms: u64,
    /// How long ago the root last proved that it is alive.
    pub last_beat_ms: u64,
    /// Whether crash and pause are allowed.
    pub chaos: bool,
    /// Parents before children, siblings in start order.
    pub nodes: Vec<NodeSnapshot>,
}

/// One supervisor or actor at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeSnapshot {
    /// Ids from below the root, joined by slashes; the root's path is its own id.
    pub path: String,
    /// The last part of the path.
    pub id: ChildId,
    /// The supervisor's path; the root has none.
    pub parent: Option<String>,
    /// What kind of node it is.
    pub kind: Kind,
    /// How a supervisor treats siblings; actors have none.
    pub strategy: Option<Strategy>,
    /// What it is doing.
    pub state: State,
    /// Starts so far: 1 after the first.
    pub generation: u64,
    /// All restarts so far, also those that `restarts` no longer lists.
    pub restart_count: u64,
    /// The latest restarts, oldest first.
    pub restarts: Vec<RestartRecord>,
    /// Requests in or before the mailbox, where a gauge was registered.
    pub in_flight: Option<usize>,
    /// Since the latest start; 0 while it is down.
    pub uptime_ms: u64,
}

/// Why a node was restarted once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestartRecord {
    /// One word, as in metrics.
    pub reason: &'static str,
    /// The sentence, as in the log.
    pub detail: String,
    /// How long ago it happened.
    pub ago_ms: u64,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It restarts others.
    Supervisor,
    /// It works.
    Actor,
}

/// What a node is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its start has been ordered.
    Starting,
    /// It works.
    Running,
    /// It is not polled for a while, by a chaos command.
    Paused,
    /// It is down and will be started again after its backoff.
    Restarting,
    /// It was asked to stop.
    Stopping,
    /// It was stopped.
    Stopped,
    /// It ended by itself and is not started again.
    Finished,
    /// It does not answer and cannot be stopped.
    Frozen,
    /// A supervisor that used up its intensity.
    GaveUp,
}
