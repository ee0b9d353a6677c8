//! A child's task: the future that polls one actor and survives its panics.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use actix::dev::ContextFut;
use actix::fut::{ActorFutureExt, ready};
use actix::{ActorContext, Addr, AsyncContext, Context};
use tokio::select;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::actor::{Factory, SupervisedActor};
use crate::exit::{ExitReason, panic_message, take_said};
use crate::link::Link;
use crate::signal::{Control, Down, Seat, Signal};
use crate::snapshot::State;

/// Makes the actor and spawns its task. Runs on the thread where the child is to live.
pub(crate) fn start<A: SupervisedActor>(
    mut seat: Seat,
    factory: &Factory<A>,
    link: Option<Link<A>>,
) {
    let up = seat.up.take();
    let made = guarded(|| {
        let mut ctx = Context::new();
        let actor = factory(&mut ctx);
        ctx.into_future(actor)
    });
    match made {
        Err(reason) => {
            if let Some(up) = up {
                // A supervisor that no longer waits for this start has already given it up.
                let _ = up.send(Err(reason));
            }
        }
        Ok(actor) => {
            let addr = actor.address();
            if let Some(link) = &link {
                link.publish(addr.clone());
            }
            let actor = Box::pin(actor);
            let body = Body { actor, up, is_crash_due: false, said: None };
            let child = Child { body, addr, link, seat };
            actix_rt::spawn(child.run());
        }
    }
}

struct Child<A: SupervisedActor> {
    body: Body<A>,
    /// Keeps the mailbox open: actix ends an actor that nobody can write to.
    addr: Addr<A>,
    link: Option<Link<A>>,
    seat: Seat,
}

/// The actor, and what belongs to its being polled.
struct Body<A: SupervisedActor> {
    actor: Pin<Box<ContextFut<A, Context<A>>>>,
    /// Answered after the first poll.
    up: Option<oneshot::Sender<Result<(), ExitReason>>>,
    /// The next poll panics, by a chaos command.
    is_crash_due: bool,
    /// What the actor said about its end, in this or an earlier poll.
    said: Option<ExitReason>,
}

/// How one life of the actor ended.
enum End {
    /// By itself.
    Down(ExitReason),
    /// Because it had to.
    Dismissed,
}

impl<A: SupervisedActor> Child<A> {
    async fn run(mut self) {
        self.seat.node.started();
        let mut end = self.live().await;
        loop {
            match end {
                End::Dismissed => return self.vanish(State::Stopped),
                End::Down(reason) if !self.seat.restart.follows(reason.is_normal()) => {
                    let (supervisor, down) = self.report(reason, true);
                    self.vanish(State::Finished);
                    // Sent last, so that the address is withdrawn before anybody can react.
                    let _ = supervisor.send(down);
                    return;
                }
                End::Down(reason) => {
                    self.seat.node.set_state(State::Restarting);
                    let (supervisor, down) = self.report(reason, false);
                    // Without a supervisor the next wait ends at once.
                    let _ = supervisor.send(down);
                }
            }
            if !self.may_restart().await {
                return self.vanish(State::Stopped);
            }
            // The mailbox is connected, as we hold an address: `restart` cannot refuse.
            end = match guarded(|| self.body.actor.restart()) {
                Ok(_) => {
                    self.seat.node.started();
                    self.live().await
                }
                Err(reason) => End::Down(reason),
            };
        }
    }

    /// Polls the actor until it ends or must end.
    async fn live(&mut self) -> End {
        let mut paused_until = None;
        let mut is_shutting_down = false;
        loop {
            let control = select! {
                biased;
                control = self.seat.control.recv() => control.unwrap_or(Control::Kill),
                () = until(paused_until), if paused_until.is_some() => {
                    paused_until = None;
                    self.resume();
                    continue;
                }
                reason = poll_fn(|cx| self.body.poll(cx)), if paused_until.is_none() => {
                    if is_shutting_down && !reason.is_normal() {
                        let path = self.seat.node.path();
                        tracing::warn!(child.id = path, %reason, "child failed while stopping");
                    }
                    return if is_shutting_down { End::Dismissed } else { End::Down(reason) };
                }
            };
            match control {
                Control::Kill => return End::Dismissed,
                // A paused child plays a blocked one: it owes its answer until it resumes.
                Control::Ping if paused_until.is_some() => {}
                Control::Ping => self.seat.pulse.answer(),
                Control::Crash(taken) => {
                    self.body.is_crash_due = true;
                    paused_until = None;
                    let _ = taken.send(());
                }
                Control::Pause(duration, taken) => {
                    paused_until = Instant::now().checked_add(duration);
                    self.seat.node.set_state(State::Paused);
                    let _ = taken.send(());
                }
                Control::Shutdown => {
                    is_shutting_down = true;
                    paused_until = None;
                    self.seat.node.set_state(State::Stopping);
                    self.body.actor.ctx().spawn(ready(()).map(|(), actor: &mut A, ctx| {
                        actor.shutting_down(ctx);
                    }));
                }
                // Only a child that is down is waiting for this.
                Control::Restart(_) => {}
            }
        }
    }

    /// Waits, while down, for the supervisor's decision and then for the delay.
    async fn may_restart(&mut self) -> bool {
        let mut due = None;
        loop {
            let control = select! {
                biased;
                control = self.seat.control.recv() => control,
                () = until(due), if due.is_some() => return true,
            };
            match control {
                None | Some(Control::Kill | Control::Shutdown) => return false,
                Some(Control::Restart(delay)) => due = Instant::now().checked_add(delay),
                Some(Control::Ping) => self.seat.pulse.answer(),
                // Dropping the answer refuses the order: there is nothing to crash or pause.
                Some(Control::Crash(_) | Control::Pause(..)) => {}
            }
        }
    }

    fn resume(&self) {
        self.seat.node.resumed();
        self.seat.pulse.answer();
    }

    /// What the supervisor is to hear about this end, and the way to it.
    fn report(&self, reason: ExitReason, is_final: bool) -> (UnboundedSender<Signal>, Signal) {
        let Seat { id, incarnation, supervisor, .. } = &self.seat;
        let down = Down { child: id.clone(), incarnation: *incarnation, reason, is_final };
        (supervisor.clone(), Signal::Down(down))
    }

    /// Drops the actor, without letting actix poll it once more.
    fn vanish(self, state: State) {
        let Self { body: Body { mut actor, .. }, addr, link, seat } = self;
        if let Some(link) = link {
            link.withdraw(&addr);
        }
        actor.ctx().terminate();
        if let Err(reason) = guarded(|| drop(actor)) {
            tracing::warn!(child.id = seat.node.path(), %reason, "child failed to be dropped");
        }
        seat.node.set_state(state);
        // Whoever waits for the end of the task hears of it now.
        drop(seat.gone);
    }
}

impl<A: SupervisedActor> Body<A> {
    /// One poll of the actor, in which a panic is a way to end.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<ExitReason> {
        // What was said outside of a supervised poll is about nobody.
        take_said();
        let is_crash_due = std::mem::take(&mut self.is_crash_due);
        let polled = guarded(|| {
            assert!(!is_crash_due, "crashed by a chaos command");
            self.actor.as_mut().poll(cx)
        });
        if let Some(reason) = take_said() {
            self.said = Some(reason);
        }
        if let Some(up) = self.up.take() {
            // A supervisor that no longer waits for this start has already ordered the end.
            let _ = up.send(Ok(()));
        }
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(self.said.take().unwrap_or(ExitReason::Normal)),
            Err(panicked) => {
                self.said = None;
                Poll::Ready(panicked)
            }
        }
    }
}

/// Runs foreign code. A panic is an exit reason; the actor's state is cleared before it is used
/// again, which is why unwinding through it is safe.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, ExitReason> {
    let caught = catch_unwind(AssertUnwindSafe(run));
    caught.map_err(|panic| ExitReason::Panicked(panic_message(panic.as_ref())))
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
