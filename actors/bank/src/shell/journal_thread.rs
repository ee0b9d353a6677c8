//! The one thread that writes the journal: group commit without a timer.
//!
//! While a batch is being synced, the next one collects in the queue; when the sync is done,
//! everything that waits is taken at once. Under light load a batch is one entry and nobody
//! waits; under heavy load batches grow by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::feed::Feed;
use crate::ledger::{Entry, Ledger};
use crate::ports::{JournalError, JournalStore, Surroundings, Witnesses};
use crate::recovery::{Recovered, Recovery};
use crate::shell::mark_writer::MarkWriter;
use crate::shell::pending::{Pending, Unwritten};

/// Entries in one commit, at which no more are taken up: bounds the memory and the longest wait.
const MAX_BATCH: usize = 1_024;
/// How often a full disk is looked at again.
const FULL_PROBE: Duration = Duration::from_millis(250);

/// What the journal's thread is asked to do, in order.
pub(crate) enum Order {
    /// Rebuild the ledger from everything that is durable, including all orders before this one.
    Load(LoadReply),
    /// Make an entry durable, then answer.
    Append(Box<Entry>, Pending),
    /// Answer once everything before is durable: the answer shows it.
    Observe(Pending),
    /// End the thread after everything before.
    Stop,
}

/// What the thread works with.
pub(crate) struct JournalThread {
    pub(crate) store: Box<dyn JournalStore>,
    /// What the journal has come to is written there before anybody is answered.
    pub(crate) mark: MarkWriter,
    pub(crate) witnesses: Option<Arc<dyn Witnesses>>,
    pub(crate) recovery: Recovery,
    pub(crate) feed: Feed,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// Whether payments are refused because the disk is full; read by the handle.
    pub(crate) is_full: Arc<AtomicBool>,
    /// Tells the ledger that what it decided did not become durable.
    pub(crate) ask_reload: Box<dyn Fn() + Send>,
    /// After a failed append the ledger's state is ahead of the journal: nothing is accepted
    /// until it has loaded again.
    pub(crate) is_stale: bool,
    /// The journal's connection ended while nobody paid; what wants to load meanwhile.
    pub(crate) ended: Option<Ended>,
}

/// A journal without a connection.
#[derive(Default)]
pub(crate) struct Ended {
    /// Who waits for the ledger; whoever asked before is gone.
    load: Option<LoadReply>,
}

type LoadReply = oneshot::Sender<Result<Ledger, JournalError>>;

impl JournalThread {
    /// Serves orders until told to stop, or until nobody can give any.
    pub(crate) fn run(mut self, orders: &Receiver<Vec<Order>>) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        loop {
            match orders.recv_timeout(FULL_PROBE) {
                Ok(orders) => batch.extend(orders),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    self.probe();
                    self.look();
                    self.mark.sync();
                    continue;
                }
            }
            while batch.len() < MAX_BATCH {
                let Ok(more) = orders.try_recv() else { break };
                batch.extend(more);
            }
            self.probe();
            self.look();
            if !self.serve(&mut batch) {
                return;
            }
        }
    }

    /// Serves orders in order; false when it was told to stop.
    fn serve(&mut self, batch: &mut Vec<Order>) -> bool {
        let mut entries = Vec::with_capacity(batch.len());
        let mut waiting = Vec::with_capacity(batch.len());
        for order in batch.drain(..) {
            match order {
                Order::Append(entry, pending) => {
                    entries.push(*entry);
                    waiting.push(pending);
                }
                Order::Observe(pending) => waiting.push(pending),
                Order::Load(reply) => {
                    self.commit(&mut entries, &mut waiting);
                    self.answer_load(reply);
                }
                Order::Stop => {
                    self.commit(&mut entries, &mut waiting);
                    return false;
                }
            }
        }
        self.commit(&mut entries, &mut waiting);
        true
    }

    fn commit(&mut self, entries: &mut Vec<Entry>, waiting: &mut Vec<Pending>) {
        let durable = self.append(entries);
        entries.clear();
        for pending in waiting.drain(..) {
            pending.settle(durable);
        }
    }

    fn append(&mut self, entries: &mut Vec<Entry>) -> Result<(), Unwritten> {
        if self.is_stale {
            return Err(self.refusal());
        }
        if entries.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        match self.store.append(entries) {
            Ok(()) => {
                self.mark.follow(entries);
                self.surroundings.committed(entries.len(), started.elapsed());
                self.feed.publish(entries.drain(..).map(|entry| entry.event));
                Ok(())
            }
            Err(JournalError::Full) => {
                tracing::error!(n_entries = entries.len(), "journal is full, payments are refused");
                self.is_full.store(true, Ordering::Release);
                self.is_stale = true;
                (self.ask_reload)();
                Err(Unwritten::Full)
            }
            Err(error) => {
                self.is_stale = true;
                tracing::error!(%error, "journal failed, the process must end");
                self.surroundings.journal_is_lost(&error);
                Err(Unwritten::Unknown)
            }
        }
    }

    fn refusal(&self) -> Unwritten {
        if self.is_full.load(Ordering::Acquire) { Unwritten::Full } else { Unwritten::Stale }
    }

    fn answer_load(&mut self, reply: LoadReply) {
        if let Some(ended) = &mut self.ended {
            ended.load = Some(reply);
            return;
        }
        let loaded = self.load();
        // A ledger that crashed meanwhile loads again.
        let _ = reply.send(loaded);
    }

    fn load(&mut self) -> Result<Ledger, JournalError> {
        let loaded = self.load_whole();
        if let Err(error) = &loaded
            && error.is_final()
        {
            tracing::error!(%error, "nothing is decided on a journal that is not whole");
            self.surroundings.refuse_to_start(error);
        }
        loaded
    }

    fn load_whole(&mut self) -> Result<Ledger, JournalError> {
        let started = Instant::now();
        let heard = self.witnesses.as_ref().map(|witnesses| witnesses.hear());
        let heard = heard.into_iter().flatten().chain(self.mark.witness()).collect::<Vec<_>>();
        let store = &mut self.store;
        let recovered =
            self.recovery.recover_proven(heard, |after, each| store.replay(after, each))?;
        let Recovered { ledger, snapshot, .. } = recovered;
        self.mark.begin(ledger.mark());
        self.is_stale = false;
        self.recovery.snapshot_at.store(snapshot, Ordering::Release);
        self.feed.resume_at(ledger.position());
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let position = ledger.position();
        tracing::info!(position, snapshot, took_ms, "ledger loaded from the journal");
        Ok(ledger)
    }

    /// Notices that the journal's connection has ended before somebody pays, and connects again.
    /// Nothing was on its way, so that the process need not end for it; that the journal is still
    /// what the ledger knows is proven as at a start.
    fn look(&mut self) {
        if self.ended.is_none() {
            if self.is_stale || !self.store.has_ended() {
                return;
            }
            tracing::warn!("the journal's connection has ended, the ledger is loaded again");
            self.is_stale = true;
            self.ended = Some(Ended::default());
            (self.ask_reload)();
        }
        match self.store.resume() {
            Ok(true) => {
                let load = self.ended.take().and_then(|ended| ended.load);
                load.into_iter().for_each(|reply| self.answer_load(reply));
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the journal cannot be resumed, the process must end");
                self.surroundings.journal_is_lost(&error);
            }
        }
    }

    /// Accepts payments again once the disk has room.
    fn probe(&mut self) {
        if self.is_full.load(Ordering::Acquire) && self.store.has_room() {
            tracing::info!("journal has room again, payments are accepted");
            self.is_full.store(false, Ordering::Release);
        }
    }
}
