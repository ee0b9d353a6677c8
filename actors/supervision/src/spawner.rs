//! Starting children at run time.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{oneshot, watch};

use crate::actor::{ChildSpec, SupervisedActor};
use crate::signal::Signal;
use crate::spec::ChildId;

/// Starts children under the supervisor that it was given to with
/// [`Supervisor::dynamic`](crate::Supervisor::dynamic). Usable from any thread and runtime.
#[derive(Clone)]
pub struct Spawner(Arc<watch::Sender<Option<UnboundedSender<Signal>>>>);

/// Why a child was not started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartChildError {
    /// The supervisor is down, or the spawner was given to none.
    #[error("the supervisor is not running")]
    NotRunning,
    /// The supervisor has as many run-time children as it may have.
    #[error("the supervisor already has its {max_children} children")]
    Full {
        /// The limit.
        max_children: usize,
    },
    /// A child of this name is running.
    #[error("a child {0} already exists")]
    Duplicate(ChildId),
    /// No path can be built from this name.
    #[error("the id {0:?} is empty or contains a slash")]
    InvalidId(ChildId),
    /// The factory panicked, or the thread did not answer.
    #[error("the child did not start: {0}")]
    Failed(String),
}

impl Spawner {
    /// A spawner that belongs to no supervisor yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Starts a child; resolves after its `started` has run. The child is forgotten when it ends
    /// for good, and then its name is free again.
    pub async fn start<A: SupervisedActor>(
        &self,
        spec: ChildSpec<A>,
    ) -> Result<(), StartChildError> {
        let (reply, answer) = oneshot::channel();
        let signal = Signal::StartChild(Arc::new(spec.erase()), reply);
        let supervisor = self.0.borrow().clone().ok_or(StartChildError::NotRunning)?;
        supervisor.send(signal).map_err(|_| StartChildError::NotRunning)?;
        answer.await.unwrap_or(Err(StartChildError::NotRunning))
    }

    pub(crate) fn attach(&self, supervisor: UnboundedSender<Signal>) {
        self.0.send_replace(Some(supervisor));
    }

    pub(crate) fn detach(&self) {
        self.0.send_replace(None);
    }
}

impl Default for Spawner {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawner").field("is_attached", &self.0.borrow().is_some()).finish()
    }
}
