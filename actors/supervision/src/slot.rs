//! One child as its supervisor sees it: what it is, and whether it runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::actor::ErasedChild;
use crate::arbiter::Place;
use crate::backoff::BackoffMeter;
use crate::exit::ExitReason;
use crate::plan::Planned;
use crate::registry::NodeStatus;
use crate::signal::{Control, Pulse, Seat, Signal};
use crate::snapshot::State;
use crate::spec::{ChildId, Restart};
use crate::tree::Member;

/// A killed child is dropped at its next poll, so only a blocked thread needs longer than this.
const KILL_GRACE: Duration = Duration::from_secs(1);

/// One child of a running supervisor.
pub(crate) struct Slot {
    pub(crate) member: Member,
    pub(crate) node: Arc<NodeStatus>,
    /// Started at run time, and forgotten at its end.
    pub(crate) is_dynamic: bool,
    /// Ended for good.
    pub(crate) is_finished: bool,
    /// Creations so far. An in-place restart is none.
    pub(crate) incarnation: u64,
    pub(crate) running: Option<Running>,
    /// When to create it; `None` when it runs or has finished.
    pub(crate) start_at: Option<Instant>,
    pub(crate) backoff: BackoffMeter,
    /// Beats for which the present ping has gone unanswered.
    missed_pings: u32,
}

/// How to reach a child that runs, and how to know that it is gone.
pub(crate) enum Running {
    Actor { control: UnboundedSender<Control>, pulse: Pulse, gone: oneshot::Receiver<()> },
    Supervisor { signals: UnboundedSender<Signal>, gone: oneshot::Receiver<()> },
}

impl Slot {
    /// A child that is to be created as soon as its supervisor gets to it.
    pub(crate) fn new(member: Member, node: Arc<NodeStatus>, is_dynamic: bool) -> Self {
        let backoff = match &member {
            Member::Actor(actor) => actor.backoff,
            Member::Supervisor(supervisor) => supervisor.backoff,
        };
        Self {
            member,
            node,
            is_dynamic,
            is_finished: false,
            incarnation: 0,
            running: None,
            start_at: Some(Instant::now()),
            backoff: BackoffMeter::new(backoff),
            missed_pings: 0,
        }
    }

    pub(crate) fn id(&self) -> &ChildId {
        self.member.id()
    }

    pub(crate) fn planned(&self) -> Planned {
        let restart = match &self.member {
            Member::Actor(actor) => actor.restart,
            Member::Supervisor(_) => Restart::Permanent,
        };
        Planned { id: self.id().clone(), restart }
    }

    pub(crate) fn begin_start(&mut self) {
        self.incarnation += 1;
        self.start_at = None;
        self.missed_pings = 0;
    }

    /// Creates the actor on its thread and waits for its first poll.
    pub(crate) async fn start_actor(
        &mut self,
        actor: Arc<ErasedChild>,
        place: &Place,
        supervisor: UnboundedSender<Signal>,
        deadline: Duration,
    ) -> Result<(), ExitReason> {
        let (control, control_rx) = mpsc::unbounded_channel();
        let (up_tx, up) = oneshot::channel();
        let (gone_tx, gone) = oneshot::channel();
        let pulse = Pulse::default();
        self.node.starting(Some(control.clone()));
        let seat = Seat {
            id: self.id().clone(),
            incarnation: self.incarnation,
            restart: actor.restart,
            node: Arc::clone(&self.node),
            pulse: pulse.clone(),
            control: control_rx,
            supervisor,
            up: Some(up_tx),
            gone: gone_tx,
        };
        if !place.run(move || (actor.start)(seat)) {
            return Err(ExitReason::Failed("its thread has ended".to_owned()));
        }
        match timeout(deadline, up).await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(_)) => return Err(ExitReason::Failed("its thread ended with it".to_owned())),
            // Should the thread come back, the child is gone before its first poll: nobody else
            // holds its control.
            Err(_) => {
                self.node.set_state(State::Frozen);
                return Err(ExitReason::Frozen(self.node.path().to_owned()));
            }
        }
        self.running = Some(Running::Actor { control, pulse, gone });
        Ok(())
    }

    /// Asks whether the child is alive. True when it has been silent for too long; such a child
    /// is no longer waited for.
    pub(crate) fn is_frozen(&mut self, max_missed: u32) -> bool {
        let Some(Running::Actor { control, pulse, .. }) = &self.running else { return false };
        if !pulse.is_owed() {
            self.missed_pings = 0;
            pulse.ask();
            // A closed control is a child that is gone without a word: it will owe the answer.
            let _ = control.send(Control::Ping);
            return false;
        }
        self.missed_pings += 1;
        if self.missed_pings < max_missed {
            return false;
        }
        self.node.set_state(State::Frozen);
        // In vain when the thread is blocked, but a child that was only paused must not go on.
        let _ = control.send(Control::Kill);
        self.running = None;
        true
    }

    /// Stops the child and waits until it is gone, or until waiting is pointless.
    pub(crate) async fn stop(&mut self, place: &Place) {
        self.start_at = None;
        match self.running.take() {
            None if self.is_finished || self.node.state() == State::Frozen => {}
            None => self.node.set_state(State::Stopped),
            Some(Running::Supervisor { signals, gone }) => {
                // A supervisor that has already ended is gone at once. There is no deadline, as
                // each of its children has one.
                let _ = signals.send(Signal::Shutdown);
                let _ = gone.await;
            }
            Some(Running::Actor { control, gone, .. }) => {
                self.stop_actor(&control, gone, place).await;
            }
        }
    }

    async fn stop_actor(
        &self,
        control: &UnboundedSender<Control>,
        mut gone: oneshot::Receiver<()>,
        place: &Place,
    ) {
        let Member::Actor(actor) = &self.member else { return };
        let path = self.node.path();
        let deadline_ms = actor.shutdown.as_millis();
        if !place.is_blocked() {
            // A child that is already gone closes `gone` too.
            let _ = control.send(Control::Shutdown);
            if timeout(actor.shutdown, &mut gone).await.is_ok() {
                return;
            }
            tracing::warn!(child.id = path, deadline_ms, "child did not stop in time");
        }
        let _ = control.send(Control::Kill);
        if !place.is_blocked() && timeout(KILL_GRACE, gone).await.is_err() {
            place.set_blocked();
        }
        if place.is_blocked() {
            tracing::error!(child.id = path, "child cannot be stopped, its thread is blocked");
            self.node.set_state(State::Frozen);
        }
    }
}
