//! A running supervisor: hears of its children's ends, and restarts them or gives up.
//!
//! It is a task and not an actor, because it does one long thing at a time: a strategy stops and
//! starts children one after another and waits for each. All supervisors of a tree live on the
//! thread that started it, where no child's work can block them unless it was put there.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::actor::ErasedChild;
use crate::arbiter::Place;
use crate::exit::ExitReason;
use crate::intensity::IntensityMeter;
use crate::registry::{NodeFacts, NodeStatus};
use crate::signal::{Down, Signal};
use crate::slot::{Running, Slot};
use crate::snapshot::{Kind, State};
use crate::spawner::StartChildError;
use crate::spec::ChildId;
use crate::start::{Shared, start_nested};
use crate::tree::{Member, Supervisor, join};

/// How a supervisor ended: by order, or because it gave up.
pub(crate) type End = Result<(), ExitReason>;

pub(crate) type Step = ControlFlow<End>;

pub(crate) struct Node {
    pub(crate) spec: Arc<Supervisor>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) status: Arc<NodeStatus>,
    pub(crate) place: Place,
    pub(crate) slots: Vec<Slot>,
    pub(crate) meter: IntensityMeter,
    pub(crate) signals: UnboundedReceiver<Signal>,
    /// A copy for every child.
    pub(crate) signals_tx: UnboundedSender<Signal>,
}

enum Event {
    Beat,
    StartDue,
    Signal(Option<Signal>),
}

impl Node {
    /// Runs to the end, with every child gone. `ready` is told when all have been started once.
    pub(crate) async fn run(mut self, ready: oneshot::Sender<()>) -> End {
        let end = match self.prepare() {
            Ok(()) => self.supervise(ready).await,
            Err(reason) => Err(reason),
        };
        let path = self.status.path().to_owned();
        if let Err(reason) = &end {
            tracing::error!(supervisor.id = path, %reason, "supervisor gives up");
            if let Some(observer) = &self.shared.options.observer {
                observer.on_escalation(&path, reason);
            }
        }
        self.close(if end.is_ok() { State::Stopped } else { State::GaveUp }).await;
        end
    }

    fn prepare(&mut self) -> Result<(), ExitReason> {
        if self.spec.has_own_arbiter {
            self.place = Place::own()
                .map_err(|error| ExitReason::Failed(format!("it has no thread: {error}")))?;
        }
        if let Some((spawner, _)) = &self.spec.dynamic {
            spawner.attach(self.signals_tx.clone());
        }
        for member in self.spec.children.clone() {
            let slot = self.new_slot(member, false);
            self.slots.push(slot);
        }
        self.status.started();
        Ok(())
    }

    async fn supervise(&mut self, ready: oneshot::Sender<()>) -> End {
        let mut beats = interval(self.shared.options.ping.interval.max(Duration::from_millis(1)));
        // After a suspension there is one beat and not a burst that would count as silence.
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let ControlFlow::Break(end) = self.start_due().await {
            return end;
        }
        // Whoever started us may have ended in the meantime.
        let _ = ready.send(());
        loop {
            let due = self.slots.iter().filter_map(|slot| slot.start_at).min();
            let event = select! {
                biased;
                _ = beats.tick() => Event::Beat,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    Event::StartDue
                }
                signal = self.signals.recv() => Event::Signal(signal),
            };
            let step = match event {
                Event::Beat => self.beat(),
                Event::StartDue => self.start_due().await,
                Event::Signal(Some(Signal::Down(down))) => self.on_down(down).await,
                Event::Signal(Some(Signal::StartChild(child, reply))) => {
                    // Whoever asked may have stopped waiting; the child is started all the same.
                    let _ = reply.send(self.start_child(child).await);
                    Step::Continue(())
                }
                Event::Signal(Some(Signal::Shutdown) | None) => Step::Break(Ok(())),
            };
            if let ControlFlow::Break(end) = step {
                return end;
            }
        }
    }

    fn beat(&mut self) -> Step {
        if self.status.facts.parent.is_none() {
            self.shared.registry.beat();
        }
        let max_missed = self.shared.options.ping.max_missed();
        match self.slots.iter_mut().find_map(|slot| slot.is_frozen(max_missed).then_some(slot)) {
            Some(slot) => Step::Break(Err(ExitReason::Frozen(slot.node.path().to_owned()))),
            None => Step::Continue(()),
        }
    }

    /// Creates every child whose time has come, in start order.
    async fn start_due(&mut self) -> Step {
        loop {
            let now = Instant::now();
            let is_due = |slot: &Slot| slot.start_at.is_some_and(|at| at <= now);
            let Some(index) = self.slots.iter().position(is_due) else {
                return Step::Continue(());
            };
            if let Err(reason) = self.start_slot(index).await {
                self.on_failure(index, reason).await?;
            }
        }
    }

    async fn start_slot(&mut self, index: usize) -> Result<(), ExitReason> {
        let slot = &mut self.slots[index];
        slot.begin_start();
        let supervisor = self.signals_tx.clone();
        match slot.member.clone() {
            Member::Actor(actor) => {
                let deadline = self.shared.options.ping.deadline;
                slot.start_actor(actor, &self.place, supervisor, deadline).await
            }
            Member::Supervisor(spec) => {
                let status = Arc::clone(&slot.node);
                let shared = Arc::clone(&self.shared);
                let report = Down {
                    child: slot.id().clone(),
                    incarnation: slot.incarnation,
                    reason: ExitReason::Normal,
                    is_final: false,
                };
                let (ready, signals, gone) =
                    start_nested(spec, shared, status, self.place.share(), supervisor, report);
                slot.running = Some(Running::Supervisor { signals, gone });
                // An error means that it gave up while starting; its report is on the way.
                let _ = ready.await;
                Ok(())
            }
        }
    }

    async fn start_child(&mut self, child: Arc<ErasedChild>) -> Result<(), StartChildError> {
        let max_children = self.spec.dynamic.as_ref().map_or(0, |(_, max_children)| *max_children);
        if !child.id.is_valid() {
            return Err(StartChildError::InvalidId(child.id.clone()));
        }
        if self.index(&child.id).is_some() {
            return Err(StartChildError::Duplicate(child.id.clone()));
        }
        if self.slots.iter().filter(|slot| slot.is_dynamic).count() >= max_children {
            return Err(StartChildError::Full { max_children });
        }
        let slot = self.new_slot(Member::Actor(child), true);
        self.slots.push(slot);
        let index = self.slots.len() - 1;
        self.start_slot(index).await.map_err(|reason| {
            self.finish(index);
            StartChildError::Failed(reason.to_string())
        })
    }

    fn new_slot(&self, member: Member, is_dynamic: bool) -> Slot {
        let parent = &self.status.facts;
        let prefix = if parent.parent.is_none() { "" } else { &parent.path };
        let (kind, strategy, in_flight) = match &member {
            Member::Actor(actor) => (Kind::Actor, None, actor.in_flight.clone()),
            Member::Supervisor(spec) => (Kind::Supervisor, Some(spec.strategy), None),
        };
        let (path, id) = (join(prefix, member.id()), member.id().clone());
        let parent = Some(parent.path.clone());
        let facts = NodeFacts { path, id, parent, kind, strategy, in_flight };
        Slot::new(member, self.shared.registry.register(facts), is_dynamic)
    }

    /// The child at `index` has ended for good; one that was started at run time is forgotten.
    pub(crate) fn finish(&mut self, index: usize) {
        if self.slots[index].is_dynamic {
            let slot = self.slots.remove(index);
            self.shared.registry.remove(slot.node.path());
        } else {
            let slot = &mut self.slots[index];
            slot.running = None;
            slot.is_finished = true;
            slot.node.set_state(State::Finished);
        }
    }

    pub(crate) fn index(&self, id: &ChildId) -> Option<usize> {
        self.slots.iter().position(|slot| slot.id() == id)
    }

    /// Stops every child, latest started first, then their thread.
    async fn close(mut self, state: State) {
        self.status.set_state(State::Stopping);
        if let Some((spawner, _)) = &self.spec.dynamic {
            spawner.detach();
        }
        for slot in self.slots.iter_mut().rev() {
            slot.stop(&self.place).await;
            if slot.is_dynamic {
                self.shared.registry.remove(slot.node.path());
            }
        }
        self.place.close(self.shared.options.ping.deadline).await;
        self.status.set_state(state);
    }
}
