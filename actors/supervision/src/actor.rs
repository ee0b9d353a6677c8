//! What an actor must be to become a child, and a child as data.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, Context, Supervised};

use crate::child;
use crate::in_flight::InFlight;
use crate::link::Link;
use crate::signal::Seat;
use crate::spec::{Backoff, ChildId, DEFAULT_SHUTDOWN, Restart};

/// An actor that can be a child.
///
/// The contract, as nothing else tells a supervisor the truth:
/// * a panic, in a handler or in a future of the actor, is a crash: [`Supervised::restarting`] is
///   called after the backoff and must only clear the state, then `started` loads it again;
/// * `ctx.stop()` and [`ExitContext::finish`](crate::ExitContext::finish) are a normal end, after
///   which only a permanent child starts again;
/// * [`ExitContext::fail`](crate::ExitContext::fail) is a failure with a reason;
/// * `stopping` and `stopped` stay empty: they may run on state that a crash left half-changed.
pub trait SupervisedActor: Actor<Context = Context<Self>> + Supervised {
    /// The child must stop: finish what is open, then call `ctx.stop()`. Runs after the mail that
    /// is already queued. When the deadline of the spec passes first, the child is dropped.
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

/// A child as data: how to make it, when to restart it, where to publish its address.
pub struct ChildSpec<A: SupervisedActor> {
    id: ChildId,
    restart: Restart,
    backoff: Backoff,
    shutdown: Duration,
    link: Option<Link<A>>,
    in_flight: Option<InFlight>,
    factory: Factory<A>,
}

pub(crate) type Factory<A> = Arc<dyn Fn(&mut Context<A>) -> A + Send + Sync>;

/// A child as data without its type, which is all that a supervisor needs.
pub(crate) struct ErasedChild {
    pub(crate) id: ChildId,
    pub(crate) restart: Restart,
    pub(crate) backoff: Backoff,
    pub(crate) shutdown: Duration,
    pub(crate) in_flight: Option<InFlight>,
    /// Runs on the child's thread: makes the actor and spawns its task there.
    pub(crate) start: Box<dyn Fn(Seat) + Send + Sync>,
}

impl<A: SupervisedActor> ChildSpec<A> {
    /// A child that is always started again. The factory runs on the child's thread, once per
    /// creation; an in-place restart reuses the value.
    pub fn permanent<F>(id: impl Into<ChildId>, factory: F) -> Self
    where
        F: Fn(&mut Context<A>) -> A + Send + Sync + 'static,
    {
        Self::new(id.into(), Restart::Permanent, Arc::new(factory))
    }

    /// A child that is started again unless it ends normally.
    pub fn transient<F>(id: impl Into<ChildId>, factory: F) -> Self
    where
        F: Fn(&mut Context<A>) -> A + Send + Sync + 'static,
    {
        Self::new(id.into(), Restart::Transient, Arc::new(factory))
    }

    /// A child that is never started again.
    pub fn temporary<F>(id: impl Into<ChildId>, factory: F) -> Self
    where
        F: Fn(&mut Context<A>) -> A + Send + Sync + 'static,
    {
        Self::new(id.into(), Restart::Temporary, Arc::new(factory))
    }

    /// How long to wait before restarts.
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// The time the child has for [`SupervisedActor::shutting_down`].
    pub fn shutdown_within(self, shutdown: Duration) -> Self {
        Self { shutdown, ..self }
    }

    /// Publishes the child's current address here.
    pub fn link(self, link: &Link<A>) -> Self {
        Self { link: Some(link.clone()), ..self }
    }

    /// Shows this gauge as the child's mailbox in snapshots.
    pub fn in_flight(self, in_flight: &InFlight) -> Self {
        Self { in_flight: Some(in_flight.clone()), ..self }
    }

    fn new(id: ChildId, restart: Restart, factory: Factory<A>) -> Self {
        let (backoff, shutdown) = (Backoff::default(), DEFAULT_SHUTDOWN);
        Self { id, restart, backoff, shutdown, link: None, in_flight: None, factory }
    }

    pub(crate) fn erase(self) -> ErasedChild {
        let Self { id, restart, backoff, shutdown, link, in_flight, factory } = self;
        let start = Box::new(move |seat| child::start(seat, &factory, link.clone()));
        ErasedChild { id, restart, backoff, shutdown, in_flight, start }
    }
}

impl<A: SupervisedActor> fmt::Debug for ChildSpec<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec").field("id", &self.id).field("restart", &self.restart).finish()
    }
}
