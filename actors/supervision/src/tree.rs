//! The tree as data, and its start.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::{ChildSpec, ErasedChild, SupervisedActor};
use crate::arbiter::Place;
use crate::handle::TreeHandle;
use crate::observer::Observer;
use crate::registry::Registry;
use crate::spawner::Spawner;
use crate::spec::{Backoff, ChildId, Intensity, Strategy};
use crate::start::{StartedRoot, start_root};

/// A supervisor as data: its strategy, its limits and its children in start order.
pub struct Supervisor {
    pub(crate) id: ChildId,
    pub(crate) strategy: Strategy,
    pub(crate) intensity: Intensity,
    /// How its parent waits before restarting it.
    pub(crate) backoff: Backoff,
    pub(crate) has_own_arbiter: bool,
    pub(crate) children: Vec<Member>,
    /// Who may start more children at run time, and how many.
    pub(crate) dynamic: Option<(Spawner, usize)>,
}

/// A child of a supervisor.
#[derive(Clone)]
pub(crate) enum Member {
    Actor(Arc<ErasedChild>),
    Supervisor(Arc<Supervisor>),
}

/// How a whole tree behaves.
#[derive(Clone, Default)]
pub struct Options {
    /// Whether [`TreeHandle::crash`] and [`TreeHandle::pause`] work.
    pub chaos: bool,
    /// How frozen children are found.
    pub ping: Ping,
    /// Who counts restarts and escalations.
    pub observer: Option<Arc<dyn Observer>>,
    /// Whether a root that gives up stops the actix system with the code 1. The composition root
    /// may prefer to wait for [`TreeHandle::gave_up`] and to end in its own way.
    pub stop_system: bool,
}

/// Every child proves regularly that its thread is not blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The time between pings, and between the root's beats.
    pub interval: Duration,
    /// A child that owes an answer for this long is frozen; so is one that takes this long for
    /// its first poll. Counted in intervals (at least two), so that a process that was suspended
    /// does not suspect its children.
    pub deadline: Duration,
}

/// A running tree is started here.
#[derive(Clone, Copy, Debug)]
pub struct Tree;

/// Why a tree cannot start. A child that fails to start is not among the reasons: it is restarted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Arbiters exist only inside an actix system.
    #[error("no actix system runs on this thread")]
    NoSystem,
    /// No path can be built from this name.
    #[error("the id {0:?} is empty or contains a slash")]
    InvalidId(ChildId),
    /// Two nodes would have the same path.
    #[error("the path {0:?} is used twice")]
    DuplicatePath(String),
}

impl Supervisor {
    /// A supervisor without children.
    pub fn new(id: impl Into<ChildId>, strategy: Strategy) -> Self {
        Self {
            id: id.into(),
            strategy,
            intensity: Intensity::default(),
            backoff: Backoff::default(),
            has_own_arbiter: false,
            children: Vec::new(),
            dynamic: None,
        }
    }

    /// Its children live on a thread of their own, with the supervisors below unless those have
    /// their own too. Otherwise they live on the parent's.
    pub fn on_own_arbiter(self) -> Self {
        Self { has_own_arbiter: true, ..self }
    }

    /// One restart more than `max_restarts` within `window` makes it give up.
    pub fn intensity(self, max_restarts: u32, window: Duration) -> Self {
        Self { intensity: Intensity { max_restarts, window }, ..self }
    }

    /// How long its parent waits before starting it again.
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// The next child in start order.
    pub fn child<A: SupervisedActor>(mut self, spec: ChildSpec<A>) -> Self {
        self.children.push(Member::Actor(Arc::new(spec.erase())));
        self
    }

    /// The next child in start order is a supervisor.
    pub fn supervisor(mut self, supervisor: Self) -> Self {
        self.children.push(Member::Supervisor(Arc::new(supervisor)));
        self
    }

    /// Lets `spawner` start up to `max_children` more children at run time. They come last in
    /// start order and are forgotten when this supervisor itself ends.
    pub fn dynamic(self, spawner: &Spawner, max_children: usize) -> Self {
        Self { dynamic: Some((spawner.clone(), max_children)), ..self }
    }

    fn check(&self, path: &str, paths: &mut HashSet<String>) -> Result<(), StartError> {
        for child in &self.children {
            let id = child.id();
            if !id.is_valid() {
                return Err(StartError::InvalidId(id.clone()));
            }
            let child_path = join(path, id);
            if !paths.insert(child_path.clone()) {
                return Err(StartError::DuplicatePath(child_path));
            }
            if let Member::Supervisor(supervisor) = child {
                supervisor.check(&child_path, paths)?;
            }
        }
        Ok(())
    }
}

impl Tree {
    /// Starts the tree on the current thread and its arbiters, and resolves when every child has
    /// been started once, in order. A child that fails to start is restarted like any other.
    ///
    /// Supervisors run on the current thread: keep it free of work that blocks.
    pub async fn start(root: Supervisor, options: Options) -> Result<TreeHandle, StartError> {
        if actix_rt::System::try_current().is_none() {
            return Err(StartError::NoSystem);
        }
        let place = Place::current().ok_or(StartError::NoSystem)?;
        if !root.id.is_valid() {
            return Err(StartError::InvalidId(root.id));
        }
        root.check("", &mut HashSet::from([root.id.to_string()]))?;
        let registry = Arc::new(Registry::new());
        let chaos = options.chaos;
        let StartedRoot { ready, signals, ended } =
            start_root(root, Arc::clone(&registry), options, place);
        // An error means that the root already gave up, which the handle tells.
        let _ = ready.await;
        Ok(TreeHandle::new(registry, chaos, signals, ended))
    }
}

impl Default for Ping {
    fn default() -> Self {
        Self { interval: Duration::from_secs(1), deadline: Duration::from_secs(10) }
    }
}

impl Ping {
    /// Beats without an answer after which a child is frozen.
    pub(crate) fn max_missed(self) -> u32 {
        let intervals = self.deadline.as_nanos().div_ceil(self.interval.as_nanos().max(1));
        u32::try_from(intervals).unwrap_or(u32::MAX).max(2)
    }
}

impl Member {
    pub(crate) fn id(&self) -> &ChildId {
        match self {
            Self::Actor(actor) => &actor.id,
            Self::Supervisor(supervisor) => &supervisor.id,
        }
    }
}

/// The path of a child; `parent` is empty below the root, whose own name is no part of paths.
pub(crate) fn join(parent: &str, id: &ChildId) -> String {
    if parent.is_empty() { id.to_string() } else { format!("{parent}/{id}") }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.children.iter().map(Member::id).collect();
        f.debug_struct("Supervisor")
            .field("id", &self.id)
            .field("strategy", &self.strategy)
            .field("children", &ids)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("chaos", &self.chaos)
            .field("ping", &self.ping)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(root: &Supervisor, expected: Result<(), StartError>) {
        let mut paths = HashSet::from([root.id.to_string()]);
        assert_eq!(root.check("", &mut paths), expected);
    }

    fn node(id: &str) -> Supervisor {
        Supervisor::new(id, Strategy::OneForOne)
    }

    #[test]
    fn names_may_repeat_in_different_places_but_paths_may_not() {
        let twins = node("root").supervisor(node("a").supervisor(node("b"))).supervisor(node("b"));
        check(&twins, Ok(()));
        let twice = node("root").supervisor(node("a")).supervisor(node("a"));
        check(&twice, Err(StartError::DuplicatePath("a".to_owned())));
        let shadow = node("root").supervisor(node("root"));
        check(&shadow, Err(StartError::DuplicatePath("root".to_owned())));
        let slashed = node("root").supervisor(node("a/b"));
        check(&slashed, Err(StartError::InvalidId("a/b".into())));
    }

    #[test]
    fn a_deadline_is_at_least_two_intervals() {
        let ms = Duration::from_millis;
        for (interval, deadline, expected) in
            [(1_000, 10_000, 10), (1_000, 500, 2), (300, 1_000, 4)]
        {
            let ping = Ping { interval: ms(interval), deadline: ms(deadline) };
            assert_eq!(ping.max_missed(), expected, "{ping:?}");
        }
    }
}
