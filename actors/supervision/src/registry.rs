//! What is known about every node, readable from any thread, also while a node is frozen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::exit::ExitReason;
use crate::in_flight::InFlight;
use crate::signal::Control;
use crate::snapshot::{Kind, NodeSnapshot, RestartRecord, Snapshot, State};
use crate::spec::{ChildId, Strategy};

/// Restarts that a node remembers; older ones are only counted.
const RESTARTS_KEPT: usize = 16;

/// The nodes of one tree by path.
#[derive(Debug)]
pub(crate) struct Registry {
    started_at: Instant,
    /// Milliseconds from `started_at` to the root's latest beat.
    last_beat_ms: AtomicU64,
    nodes: Mutex<BTreeMap<String, Arc<NodeStatus>>>,
    next_order: AtomicU64,
}

/// What never changes about a node.
#[derive(Debug)]
pub(crate) struct NodeFacts {
    pub(crate) path: String,
    pub(crate) id: ChildId,
    pub(crate) parent: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) in_flight: Option<InFlight>,
}

/// One node: its facts, and what its child task and its supervisor write about it.
#[derive(Debug)]
pub(crate) struct NodeStatus {
    pub(crate) facts: NodeFacts,
    /// Registration order, which is start order, parents first.
    order: u64,
    live: Mutex<Live>,
}

#[derive(Debug)]
struct Live {
    state: State,
    generation: u64,
    restart_count: u64,
    restarts: VecDeque<(ExitReason, Instant)>,
    up_since: Option<Instant>,
    /// Where chaos commands go; only actors have one.
    control: Option<UnboundedSender<Control>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            started_at: Instant::now(),
            last_beat_ms: AtomicU64::new(0),
            nodes: Mutex::default(),
            next_order: AtomicU64::new(0),
        }
    }

    /// The node at this path; a node that comes back after its parent restarted keeps its past.
    pub(crate) fn register(&self, facts: NodeFacts) -> Arc<NodeStatus> {
        let mut nodes = lock(&self.nodes);
        let node = nodes.entry(facts.path.clone()).or_insert_with(|| {
            let order = self.next_order.fetch_add(1, Ordering::Relaxed);
            Arc::new(NodeStatus { facts, order, live: Mutex::new(Live::new()) })
        });
        Arc::clone(node)
    }

    pub(crate) fn remove(&self, path: &str) {
        lock(&self.nodes).remove(path);
    }

    pub(crate) fn get(&self, path: &str) -> Option<Arc<NodeStatus>> {
        lock(&self.nodes).get(path).cloned()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        lock(&self.nodes).keys().cloned().collect()
    }

    pub(crate) fn beat(&self) {
        self.last_beat_ms.store(millis(self.started_at.elapsed()), Ordering::Relaxed);
    }

    /// How long ago the root last beat.
    pub(crate) fn since_last_beat(&self) -> Duration {
        let beat_at = Duration::from_millis(self.last_beat_ms.load(Ordering::Relaxed));
        self.started_at.elapsed().saturating_sub(beat_at)
    }

    pub(crate) fn snapshot(&self, chaos: bool) -> Snapshot {
        let mut nodes: Vec<_> = lock(&self.nodes).values().cloned().collect();
        nodes.sort_by_key(|node| node.order);
        Snapshot {
            uptime_ms: millis(self.started_at.elapsed()),
            last_beat_ms: millis(self.since_last_beat()),
            chaos,
            nodes: nodes.iter().map(|node| node.snapshot()).collect(),
        }
    }
}

impl NodeStatus {
    pub(crate) fn path(&self) -> &str {
        &self.facts.path
    }

    pub(crate) fn starting(&self, control: Option<UnboundedSender<Control>>) {
        let mut live = lock(&self.live);
        live.state = State::Starting;
        live.control = control;
    }

    /// The node begins a new life.
    pub(crate) fn started(&self) {
        let mut live = lock(&self.live);
        live.state = State::Running;
        live.generation += 1;
        live.up_since = Some(Instant::now());
    }

    /// The node goes on after a pause.
    pub(crate) fn resumed(&self) {
        lock(&self.live).state = State::Running;
    }

    pub(crate) fn state(&self) -> State {
        lock(&self.live).state
    }

    pub(crate) fn set_state(&self, state: State) {
        let mut live = lock(&self.live);
        live.state = state;
        let is_up = matches!(state, State::Running | State::Paused | State::Stopping);
        if !is_up {
            live.up_since = None;
        }
    }

    pub(crate) fn record_restart(&self, reason: ExitReason) {
        let mut live = lock(&self.live);
        live.restart_count += 1;
        if live.restarts.len() == RESTARTS_KEPT {
            live.restarts.pop_front();
        }
        live.restarts.push_back((reason, Instant::now()));
    }

    pub(crate) fn control(&self) -> Option<UnboundedSender<Control>> {
        lock(&self.live).control.clone()
    }

    fn snapshot(&self) -> NodeSnapshot {
        let NodeFacts { path, id, parent, kind, strategy, in_flight } = &self.facts;
        let live = lock(&self.live);
        let record = |(reason, at): &(ExitReason, Instant)| RestartRecord {
            reason: reason.label(),
            detail: reason.to_string(),
            ago_ms: millis(at.elapsed()),
        };
        NodeSnapshot {
            path: path.clone(),
            id: id.clone(),
            parent: parent.clone(),
            kind: *kind,
            strategy: *strategy,
            state: live.state,
            generation: live.generation,
            restart_count: live.restart_count,
            restarts: live.restarts.iter().map(record).collect(),
            in_flight: in_flight.as_ref().map(InFlight::count),
            uptime_ms: live.up_since.map_or(0, |at| millis(at.elapsed())),
        }
    }
}

impl Live {
    fn new() -> Self {
        Self {
            state: State::Starting,
            generation: 0,
            restart_count: 0,
            restarts: VecDeque::new(),
            up_since: None,
            control: None,
        }
    }
}

/// Nothing here can be left half-written, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
