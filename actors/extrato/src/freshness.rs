//! How far the statement is behind the Bank, and what it has counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bancada_kernel::{Shard, Timestamp};
use tokio::sync::watch;

use crate::statement::Applied;

/// How far the statement is behind the Bank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// How many of the Bank's events the statement has seen: where the Bank has one shard, the
    /// position of the last one.
    pub applied_position: u64,
    /// How many events the Bank is known to have committed.
    pub committed_position: u64,
    /// Whether the source of events is connected.
    pub connected: bool,
    /// When the source last said something; `None` if never since the start.
    pub heard_at: Option<Timestamp>,
    /// Whether the Bank has another past than the statement has read: nothing is followed then.
    pub is_of_other_past: bool,
    /// Whether the rows were found damaged and are being made anew: until they have come to where
    /// the Bank was then, cards and lines are missing.
    pub is_being_rebuilt: bool,
}

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Events that changed a card.
    pub n_applied: u64,
    /// Events that had been applied before.
    pub n_duplicates: u64,
    /// Events that came although others of their card were missing before them.
    pub n_held: u64,
    /// Records that could not be read.
    pub n_dead_letters: u64,
    /// Cards that wait for missed events now.
    pub n_held_cards: u64,
    /// Cards of which the Bank had had more events, though nothing was on its way any more.
    pub n_behind: u64,
    /// Followers of a card that were dropped because they did not keep up.
    pub n_dropped_subscribers: u64,
}

/// Tells when the freshness changes. Only the latest is kept, so nobody can fall behind.
#[derive(Clone, Debug)]
pub struct FreshnessWatch(watch::Receiver<Freshness>);

impl FreshnessWatch {
    /// The freshness after its next change; `None` when the statement is gone. Cancelling is
    /// safe.
    pub async fn changed(&mut self) -> Option<Freshness> {
        self.0.changed().await.ok()?;
        Some(*self.0.borrow_and_update())
    }
}

/// Where the actors write both down.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Shared>);

struct Shared {
    freshness: watch::Sender<Freshness>,
    statistics: Mutex<Statistics>,
    positions: Mutex<Positions>,
    /// Whether the source says how far the Bank is; somebody else has to otherwise.
    does_source_tell: AtomicBool,
    /// Why the Bank's past is another one, as long as it is.
    other_past: watch::Sender<Option<Arc<str>>>,
    /// Why the rows are not what was written, until they are made anew.
    damaged: Mutex<Option<String>>,
    /// Why nothing is followed although the source may well be there: the store's own words.
    store_failure: Mutex<Option<String>>,
}

/// The last positions of each shard.
#[derive(Default)]
struct Positions {
    applied: BTreeMap<Shard, u64>,
    committed: BTreeMap<Shard, u64>,
    /// Where a statement that is made anew is whole again, once the Bank has said how far it is.
    goal: Option<Vec<u64>>,
}

impl Positions {
    /// Notes a position; how many events there are now.
    fn advance(reached: &mut BTreeMap<Shard, u64>, position: u64) -> u64 {
        let last = reached.entry(Shard::of_position(position)).or_default();
        *last = position.max(*last);
        reached.values().copied().map(Shard::in_journal).sum()
    }
}

impl Progress {
    pub(crate) fn new() -> Progress {
        let freshness = watch::Sender::new(Freshness::default());
        let does_source_tell = AtomicBool::new(false);
        Progress(Arc::new(Shared {
            freshness,
            statistics: Mutex::default(),
            positions: Mutex::default(),
            does_source_tell,
            other_past: watch::Sender::new(None),
            damaged: Mutex::default(),
            store_failure: Mutex::default(),
        }))
    }

    pub(crate) fn freshness(&self) -> Freshness {
        *self.0.freshness.borrow()
    }

    pub(crate) fn watch(&self) -> FreshnessWatch {
        FreshnessWatch(self.0.freshness.subscribe())
    }

    pub(crate) fn statistics(&self) -> Statistics {
        *self.0.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_connected(&self, connected: bool) {
        self.change(|freshness| freshness.connected = connected);
    }

    pub(crate) fn heard(&self, now: Timestamp, committed_position: Option<u64>) {
        self.0.does_source_tell.store(committed_position.is_some(), Ordering::Relaxed);
        self.change(|freshness| freshness.heard_at = Some(now));
        if let Some(committed) = committed_position {
            self.committed(committed);
        }
    }

    /// Says that the store is why nothing is followed, or that it is not.
    pub(crate) fn set_store_failure(&self, why: Option<String>) {
        *self.0.store_failure.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// What the store said, if it is why nothing is followed.
    pub(crate) fn store_failure(&self) -> Option<String> {
        self.0.store_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says that the Bank has another past than the rows, and why; or that it has the same.
    pub(crate) fn set_other_past(&self, why: Option<&str>) {
        self.change(|freshness| freshness.is_of_other_past = why.is_some());
        self.0.other_past.send_if_modified(|known| {
            let is_new = known.as_deref() != why;
            *known = why.map(Arc::from);
            is_new
        });
    }

    /// Why the Bank's past is another one; `None` as long as it is the same.
    pub(crate) fn other_past(&self) -> Option<Arc<str>> {
        self.0.other_past.borrow().clone()
    }

    /// Waits until the Bank's past is known to be another one.
    pub(crate) async fn is_other_past(&self) -> Arc<str> {
        let mut other_past = self.0.other_past.subscribe();
        let known = other_past.wait_for(Option::is_some).await;
        // The sender lives in what this holds.
        known.ok().and_then(|why| why.clone()).unwrap_or_default()
    }

    pub(crate) fn does_source_tell(&self) -> bool {
        self.0.does_source_tell.load(Ordering::Relaxed)
    }

    /// Says that the rows are not what was written.
    pub(crate) fn set_damaged(&self, why: String) {
        *self.0.damaged.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Why the rows are not what was written; `None` where nobody has found that.
    pub(crate) fn damaged(&self) -> Option<String> {
        self.0.damaged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_whole(&self) {
        *self.0.damaged.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Says that the rows are made anew: nothing has been applied to them.
    pub(crate) fn begin_anew(&self) {
        let mut positions = self.positions();
        positions.applied.clear();
        positions.goal = None;
        self.change(|freshness| {
            freshness.applied_position = 0;
            freshness.is_being_rebuilt = true;
        });
    }

    /// What the Bank has committed in all of its shards.
    pub(crate) fn committed_everywhere(&self, all: Vec<u64>) {
        all.iter().for_each(|position| self.committed(*position));
        let mut positions = self.positions();
        if self.freshness().is_being_rebuilt && positions.goal.is_none() {
            positions.goal = Some(all);
            self.look_whether_rebuilt(&positions);
        }
    }

    fn look_whether_rebuilt(&self, positions: &Positions) {
        let Some(goal) = &positions.goal else { return };
        let is_there = |position: &u64| {
            let applied = positions.applied.get(&Shard::of_position(*position));
            Shard::in_journal(*position) == 0 || applied >= Some(position)
        };
        if self.freshness().is_being_rebuilt && goal.iter().all(is_there) {
            tracing::info!("the statements are rebuilt");
            self.change(|freshness| freshness.is_being_rebuilt = false);
        }
    }

    /// What the Bank has committed, whoever says so.
    pub(crate) fn committed(&self, position: u64) {
        let mut positions = self.positions();
        let committed = Positions::advance(&mut positions.committed, position);
        self.change(|freshness| freshness.committed_position = committed);
    }

    pub(crate) fn reached(&self, position: u64) {
        let mut positions = self.positions();
        let applied = Positions::advance(&mut positions.applied, position);
        // What was applied was committed, also where the source does not say so.
        let committed = Positions::advance(&mut positions.committed, position);
        self.change(|freshness| {
            freshness.applied_position = applied;
            freshness.committed_position = committed;
        });
        self.look_whether_rebuilt(&positions);
    }

    /// Held while the freshness is changed, so that it only grows.
    fn positions(&self) -> MutexGuard<'_, Positions> {
        self.0.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, applied: &Applied) {
        let mut statistics = self.0.statistics.lock().unwrap_or_else(PoisonError::into_inner);
        statistics.n_applied += applied.n_applied;
        statistics.n_duplicates += applied.n_duplicates;
        statistics.n_held += applied.n_held;
        statistics.n_dead_letters += applied.n_dead_letters;
        statistics.n_held_cards = applied.n_held_cards;
    }

    pub(crate) fn count_held_cards(&self, n_held_cards: u64) {
        let mut statistics = self.0.statistics.lock().unwrap_or_else(PoisonError::into_inner);
        statistics.n_held_cards = n_held_cards;
    }

    pub(crate) fn count_behind(&self, n_cards: u64) {
        let mut statistics = self.0.statistics.lock().unwrap_or_else(PoisonError::into_inner);
        statistics.n_behind += n_cards;
    }

    pub(crate) fn count_dropped(&self, n_subscribers: u64) {
        let mut statistics = self.0.statistics.lock().unwrap_or_else(PoisonError::into_inner);
        statistics.n_dropped_subscribers += n_subscribers;
    }

    fn change(&self, change: impl FnOnce(&mut Freshness)) {
        self.0.freshness.send_if_modified(|freshness| {
            let before = *freshness;
            change(freshness);
            *freshness != before
        });
    }
}
