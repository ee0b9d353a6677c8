//! Makes a snapshot whenever the journal has grown enough, without the ledger knowing of it.
//!
//! A thread recovers a ledger of its own from the last snapshot and what the journal has gained
//! since, checks it, writes it down and drops it: for so long a second ledger is in memory. What
//! goes wrong costs a longer start and nothing else, so nothing here is repeated before the
//! journal has grown by as much again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_supervision::{ExitContext as _, SupervisedActor};

use crate::feed::Feed;
use crate::ledger::{Entry, check_state};
use crate::ports::{EventHistory, JournalError, SnapshotError, SnapshotStore, Surroundings};
use crate::recovery::{Recovered, Recovery};
use crate::shell::scrub::scrub;

/// How often it is asked how far the journal has come: a glance at a number.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Entries read at once: no read is so long that the journal's files grow because of it.
const PAGE_ENTRIES: usize = 4_096;

/// What a snapshot is made with. Clones make one at a time.
#[derive(Clone)]
pub(crate) struct Maker {
    pub(crate) recovery: Recovery,
    pub(crate) store: Arc<dyn SnapshotStore>,
    pub(crate) history: Arc<dyn EventHistory>,
    pub(crate) feed: Feed,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    pub(crate) every: u64,
    /// Whether a thread is at work; it may outlive the actor that started it.
    pub(crate) is_busy: Arc<AtomicBool>,
    /// Whether the journal before the first snapshot that was begun with has been read, or is.
    pub(crate) is_scrubbed: Arc<AtomicBool>,
}

/// The actor: looks, and starts the thread.
pub(crate) struct Snapshots {
    maker: Maker,
    /// Tells the thread that nobody wants its work any more.
    is_over: Arc<AtomicBool>,
}

/// The thread panicked.
#[derive(Message)]
#[rtype(result = "()")]
struct MakerDied;

impl Snapshots {
    pub(crate) fn new(maker: Maker) -> Snapshots {
        Snapshots { maker, is_over: Arc::default() }
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        let committed = self.maker.feed.n_committed();
        self.scrub(committed);
        let snapshot_at = &self.maker.recovery.snapshot_at;
        let grown = committed.saturating_sub(snapshot_at.load(Ordering::Acquire));
        if grown < self.maker.every || self.maker.is_busy.swap(true, Ordering::AcqRel) {
            return;
        }
        // Whatever comes of it, also a crash: the next try is as far away as the next snapshot.
        snapshot_at.store(committed, Ordering::Release);
        let (maker, is_over, addr) = (self.maker.clone(), Arc::clone(&self.is_over), ctx.address());
        let body = move || {
            let make = std::panic::AssertUnwindSafe(|| maker.make(committed, &is_over));
            let made = std::panic::catch_unwind(make);
            maker.is_busy.store(false, Ordering::Release);
            if made.is_err() {
                #[expect(clippy::disallowed_methods, reason = "a signal, not money")]
                addr.do_send(MakerDied);
            }
        };
        let started = std::thread::Builder::new().name("snapshots".to_owned()).spawn(body);
        if let Err(error) = started {
            self.maker.is_busy.store(false, Ordering::Release);
            tracing::warn!(%error, "no thread can be started for a snapshot");
        }
    }
}

impl Snapshots {
    /// Reads, once in a process, what the start left unread.
    fn scrub(&self, committed: u64) {
        if committed == 0 || self.maker.is_scrubbed.swap(true, Ordering::AcqRel) {
            return;
        }
        let (maker, is_over) = (self.maker.clone(), Arc::clone(&self.is_over));
        let body = move || {
            maker.surroundings.work_in_background();
            match scrub(&*maker.history, committed, &is_over) {
                Ok(()) => tracing::debug!(committed, "the journal was read from its beginning"),
                Err(error) if error.is_final() => maker.surroundings.refuse_to_start(&error),
                Err(error) => tracing::warn!(%error, "the journal's past cannot be read"),
            }
        };
        let started = std::thread::Builder::new().name("scrub".to_owned()).spawn(body);
        if let Err(error) = started {
            tracing::warn!(%error, "no thread can be started to read the journal's past");
        }
    }
}

impl Maker {
    fn make(&self, up_to: u64, is_over: &AtomicBool) {
        self.surroundings.work_in_background();
        let started = Instant::now();
        match self.try_make(up_to, is_over) {
            Ok(position) => {
                let took = started.elapsed();
                self.surroundings.snapshot_made(position, took);
                let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                tracing::info!(position, took_ms, "snapshot made");
            }
            Err(_) if is_over.load(Ordering::Acquire) => {}
            Err(error) => {
                tracing::warn!(%error, up_to, "no snapshot was made; the next start takes longer");
            }
        }
    }

    fn try_make(&self, up_to: u64, is_over: &AtomicBool) -> Result<u64, SnapshotError> {
        let failed = |error: JournalError| SnapshotError::Failed(error.to_string());
        let replay = |after, each: &mut dyn FnMut(Entry)| self.read(after, up_to, is_over, each);
        let Recovered { ledger, .. } = self.recovery.recover(&[], replay).map_err(failed)?;
        if let Some(breach) = check_state(&ledger).first() {
            return Err(SnapshotError::Failed(format!("the ledger is not in order: {breach}")));
        }
        self.store.write(&ledger)?;
        Ok(ledger.position())
    }

    /// Hands over what follows a position, up to one that is durable.
    fn read(
        &self,
        mut after: u64,
        up_to: u64,
        is_over: &AtomicBool,
        each: &mut dyn FnMut(Entry),
    ) -> Result<(), JournalError> {
        while after < up_to {
            if is_over.load(Ordering::Acquire) {
                return Err(JournalError::Failed("the bank is ending".to_owned()));
            }
            let left = usize::try_from(up_to - after).unwrap_or(usize::MAX);
            let page = self.history.entries(after, left.min(PAGE_ENTRIES))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.event.position;
            page.into_iter().for_each(&mut *each);
        }
        Ok(())
    }
}

impl Actor for Snapshots {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // A thread that was told to end is not told otherwise.
        self.is_over = Arc::default();
        ctx.run_interval(LOOK_EVERY, Snapshots::look);
    }
}

impl Supervised for Snapshots {}

impl Drop for Snapshots {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
    }
}

impl SupervisedActor for Snapshots {
    fn shutting_down(&mut self, ctx: &mut Context<Self>) {
        self.is_over.store(true, Ordering::Release);
        ctx.stop();
    }
}

impl Handler<MakerDied> for Snapshots {
    type Result = ();

    fn handle(&mut self, _: MakerDied, ctx: &mut Self::Context) {
        ctx.fail("the thread that makes snapshots panicked");
    }
}
