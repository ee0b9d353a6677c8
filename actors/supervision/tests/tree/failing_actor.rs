//! An actor that fails in the way it is told, and keeps a journal as real ones do.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::prelude::*;
use bancada_supervision::{
    Backoff, ChildSpec, ExitContext, InFlight, Link, Restart, SupervisedActor,
};

/// Adds to a number that is kept in the journal; answers with the sum.
#[derive(Message)]
#[rtype(u32)]
pub(crate) struct Add(pub(crate) u32);

/// Fails, in a way.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) enum Fail {
    /// The handler panics, after it has spoiled the state.
    Panic,
    /// A future of the actor panics.
    PanicInFuture,
    /// The actor says that it cannot go on.
    ReturnError,
    /// The actor has nothing more to do.
    Finish,
    /// The thread is blocked until the sender is dropped.
    Freeze(Receiver<()>),
}

/// What survives a crash, and what happened in which order.
#[derive(Clone, Default)]
pub(crate) struct World {
    journal: Arc<Mutex<Vec<u32>>>,
    log: Arc<Mutex<Vec<String>>>,
    arbiters: Arc<Mutex<Vec<ArbiterHandle>>>,
}

/// What the actor does besides what it is told.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Habit {
    Good,
    /// It stops as soon as it has started.
    StopsInStarted,
    /// It does not stop when it is asked to.
    IgnoresShutdown,
}

pub(crate) struct FailingActor {
    name: &'static str,
    habit: Habit,
    world: World,
    /// Loaded from the journal; `None` until then.
    sum: Option<u32>,
}

/// A child made of a [`FailingActor`], with all that its holder needs.
#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) name: &'static str,
    pub(crate) world: World,
    pub(crate) habit: Habit,
    pub(crate) link: Link<FailingActor>,
    pub(crate) in_flight: InFlight,
}

impl World {
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn clear_log(&self) {
        self.log.lock().unwrap().clear();
    }

    pub(crate) fn count(&self, entry: &str) -> usize {
        self.log().iter().filter(|logged| *logged == entry).count()
    }

    pub(crate) fn arbiters(&self) -> Vec<ArbiterHandle> {
        self.arbiters.lock().unwrap().clone()
    }

    fn write(&self, entry: String) {
        self.log.lock().unwrap().push(entry);
    }
}

impl Probe {
    pub(crate) fn new(name: &'static str, world: &World) -> Self {
        let world = world.clone();
        let (link, in_flight) = (Link::new(), InFlight::new());
        Self { name, world, habit: Habit::Good, link, in_flight }
    }

    pub(crate) fn with(self, habit: Habit) -> Self {
        Self { habit, ..self }
    }

    pub(crate) fn spec(&self, restart: Restart) -> ChildSpec<FailingActor> {
        let (name, probe) = (self.name, self.clone());
        let make = move |_: &mut Context<FailingActor>| probe.actor();
        let spec = match restart {
            Restart::Permanent => ChildSpec::permanent(name, make),
            Restart::Transient => ChildSpec::transient(name, make),
            Restart::Temporary => ChildSpec::temporary(name, make),
        };
        spec.backoff(quick()).link(&self.link).in_flight(&self.in_flight)
    }

    pub(crate) fn actor(&self) -> FailingActor {
        let Self { name, habit, .. } = *self;
        self.world.write(format!("{name} made"));
        FailingActor { name, habit, world: self.world.clone(), sum: None }
    }

    pub(crate) fn permanent(&self) -> ChildSpec<FailingActor> {
        self.spec(Restart::Permanent)
    }

    pub(crate) fn addr(&self) -> Addr<FailingActor> {
        self.link.get().expect("the child runs")
    }

    pub(crate) async fn add(&self, n: u32) -> u32 {
        let _guard = self.in_flight.enter();
        self.addr().send(Add(n)).await.unwrap()
    }

    pub(crate) async fn panic(&self) {
        let answer = self.addr().send(Fail::Panic).await;
        assert_eq!(answer, Err(MailboxError::Closed), "the caller of a panic hears of it");
    }
}

/// No jitter, so that tests know when a restart is due.
pub(crate) fn quick() -> Backoff {
    let ms = Duration::from_millis;
    Backoff { min: ms(10), max: ms(80), jitter: 0.0, reset_after: Duration::from_secs(60) }
}

impl Actor for FailingActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.world.write(format!("{} started", self.name));
        self.world.arbiters.lock().unwrap().push(Arbiter::current());
        if self.habit == Habit::StopsInStarted {
            ctx.stop();
            return;
        }
        let journal = self.world.journal.clone();
        let load = async move {
            tokio::task::yield_now().await;
            journal.lock().unwrap().iter().sum()
        };
        ctx.wait(wrap_future(load).map(|sum, actor: &mut Self, _| actor.sum = Some(sum)));
    }
}

impl Supervised for FailingActor {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.world.write(format!("{} restarting", self.name));
        self.sum = None;
    }
}

impl SupervisedActor for FailingActor {
    fn shutting_down(&mut self, ctx: &mut Self::Context) {
        self.world.write(format!("{} shutting down", self.name));
        if self.habit != Habit::IgnoresShutdown {
            ctx.stop();
        }
    }
}

impl Drop for FailingActor {
    fn drop(&mut self) {
        self.world.write(format!("{} dropped", self.name));
    }
}

impl Handler<Add> for FailingActor {
    type Result = u32;

    fn handle(&mut self, Add(n): Add, _: &mut Self::Context) -> u32 {
        let sum = self.sum.expect("mail waits until the journal is loaded") + n;
        self.world.journal.lock().unwrap().push(n);
        self.sum = Some(sum);
        sum
    }
}

impl Handler<Fail> for FailingActor {
    type Result = ();

    fn handle(&mut self, fail: Fail, ctx: &mut Self::Context) {
        match fail {
            Fail::Panic => {
                self.sum = Some(1_000_000);
                panic!("told to panic");
            }
            Fail::PanicInFuture => {
                let doomed = async { panic!("told to panic in a future") };
                ctx.spawn(wrap_future(doomed));
            }
            Fail::ReturnError => ctx.fail("told to fail"),
            Fail::Finish => ctx.finish(),
            Fail::Freeze(until_dropped) => {
                // An error is the end of the wait.
                let _ = until_dropped.recv();
            }
        }
    }
}
