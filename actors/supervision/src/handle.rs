//! What the rest of the process holds of a running tree.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{oneshot, watch};

use crate::exit::ExitReason;
use crate::registry::Registry;
use crate::signal::{Control, Signal};
use crate::snapshot::Snapshot;

/// Inspects and commands a running tree, from any thread and runtime. Clones share the tree;
/// dropping them all does not stop it.
#[derive(Clone, Debug)]
pub struct TreeHandle {
    registry: Arc<Registry>,
    chaos: bool,
    root: UnboundedSender<Signal>,
    ended: watch::Receiver<Option<Ended>>,
}

/// The root's last word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaveUp {
    /// The exit code that the process should end with.
    pub code: i32,
    /// Why no supervisor could help.
    pub reason: ExitReason,
}

/// How a tree ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    ShutDown,
    GaveUp(GaveUp),
}

/// Why a chaos command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The tree was started without chaos.
    #[error("chaos commands are not enabled")]
    ChaosDisabled,
    /// There is no such node.
    #[error("no node {path:?}; known are {}", known.join(", "))]
    UnknownPath {
        /// What was asked for.
        path: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Only actors can be crashed and paused.
    #[error("{0} is a supervisor, not an actor")]
    NotAnActor(String),
    /// The actor is down, restarting or stopping already.
    #[error("{0} is not running")]
    NotRunning(String),
}

impl TreeHandle {
    pub(crate) fn new(
        registry: Arc<Registry>,
        chaos: bool,
        root: UnboundedSender<Signal>,
        ended: watch::Receiver<Option<Ended>>,
    ) -> Self {
        Self { registry, chaos, root, ended }
    }

    /// The tree as it is now. Asks nobody, so it answers also while children are frozen.
    pub fn snapshot(&self) -> Snapshot {
        self.registry.snapshot(self.chaos)
    }

    /// How long ago the root proved that it is alive; it does so every ping interval.
    pub fn since_last_beat(&self) -> Duration {
        self.registry.since_last_beat()
    }

    /// Makes the actor at `path` panic in its next poll. Resolves when the actor has taken the
    /// order, which a blocked one never does: give it a timeout.
    pub async fn crash(&self, path: &str) -> Result<(), CommandError> {
        self.command(path, Control::Crash).await
    }

    /// Keeps the actor at `path` from being polled for `duration`; its mail waits. It owes its
    /// pings meanwhile: a pause beyond the ping deadline rehearses a frozen thread, and the root
    /// gives up. Resolves when the actor has taken the order, as [`TreeHandle::crash`] does.
    pub async fn pause(&self, path: &str, duration: Duration) -> Result<(), CommandError> {
        self.command(path, |taken| Control::Pause(duration, taken)).await
    }

    /// Stops every child in reverse start order, each within its deadline, and joins the
    /// arbiters. Resolves when everything is gone, also when somebody else stopped the tree.
    pub async fn shutdown(&self) {
        // A root that has already ended needs no order.
        let _ = self.root.send(Signal::Shutdown);
        self.ended().await;
    }

    /// Resolves when the tree has ended: with the root's last word if it gave up, with nothing
    /// after a shutdown.
    pub async fn gave_up(&self) -> Option<GaveUp> {
        match self.ended().await {
            Some(Ended::GaveUp(gave_up)) => Some(gave_up),
            Some(Ended::ShutDown) | None => None,
        }
    }

    async fn ended(&self) -> Option<Ended> {
        let mut ended = self.ended.clone();
        // An error means that the thread of the root has ended, and the root with it.
        ended.wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone())
    }

    async fn command(
        &self,
        path: &str,
        order: impl FnOnce(oneshot::Sender<()>) -> Control,
    ) -> Result<(), CommandError> {
        if !self.chaos {
            return Err(CommandError::ChaosDisabled);
        }
        let node = self.registry.get(path).ok_or_else(|| CommandError::UnknownPath {
            path: path.to_owned(),
            known: self.registry.paths(),
        })?;
        if node.facts.kind == crate::snapshot::Kind::Supervisor {
            return Err(CommandError::NotAnActor(path.to_owned()));
        }
        let not_running = || CommandError::NotRunning(path.to_owned());
        let (taken_tx, taken) = oneshot::channel();
        let control = node.control().ok_or_else(not_running)?;
        control.send(order(taken_tx)).map_err(|_| not_running())?;
        taken.await.map_err(|_| not_running())
    }
}
