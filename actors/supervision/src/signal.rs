//! What supervisors, children and handles tell each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::actor::ErasedChild;
use crate::exit::ExitReason;
use crate::registry::NodeStatus;
use crate::spawner::StartChildError;
use crate::spec::{ChildId, Restart};

/// To a supervisor. The queue is unbounded but short: a child reports once and then waits, and
/// whoever starts a child waits for the answer.
pub(crate) enum Signal {
    /// A child is down and waits for [`Control::Restart`] or its end.
    Down(Down),
    /// Somebody outside wants one more child.
    StartChild(Arc<ErasedChild>, oneshot::Sender<Result<(), StartChildError>>),
    /// Stop everything and end.
    Shutdown,
}

/// The end of one life of a child.
pub(crate) struct Down {
    pub(crate) child: ChildId,
    /// Which creation of the child is meant: a report of an earlier one is old news.
    pub(crate) incarnation: u64,
    pub(crate) reason: ExitReason,
    /// The child's policy asks for no restart, and its task has already ended.
    pub(crate) is_final: bool,
}

/// To a child's task.
pub(crate) enum Control {
    /// Prove that the thread is not blocked.
    Ping,
    /// Start again, with the same mailbox, after this delay.
    Restart(Duration),
    /// Stop in an orderly way; the sender watches the deadline.
    Shutdown,
    /// Be gone now.
    Kill,
    /// Panic at the next poll. The answer says that the order was taken.
    Crash(oneshot::Sender<()>),
    /// Do not poll the actor for this long. The answer says that the order was taken.
    Pause(Duration, oneshot::Sender<()>),
}

/// Everything a child's task gets from its supervisor.
pub(crate) struct Seat {
    pub(crate) id: ChildId,
    pub(crate) incarnation: u64,
    pub(crate) restart: Restart,
    pub(crate) node: Arc<NodeStatus>,
    pub(crate) pulse: Pulse,
    pub(crate) control: UnboundedReceiver<Control>,
    pub(crate) supervisor: UnboundedSender<Signal>,
    /// Answered after the actor's first poll, so that siblings start strictly one after another.
    pub(crate) up: Option<oneshot::Sender<Result<(), ExitReason>>>,
    /// Never sent on: dropping it says that the task is gone, however it went.
    pub(crate) gone: oneshot::Sender<()>,
}

/// Whether a ping is still unanswered. Shared memory rather than mail, so that a supervisor that
/// was slow itself sees the truth and not a queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<AtomicBool>);

impl Pulse {
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn answer(&self) {
        self.0.store(false, Ordering::Release);
    }

    pub(crate) fn is_owed(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
