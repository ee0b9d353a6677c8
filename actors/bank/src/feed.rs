//! The committed events, for everyone who follows the Bank.
//!
//! The journal's thread publishes each batch once it is durable; readers take it from a bounded
//! ring in memory, or from the journal's history when they are further behind. A slow reader
//! never holds the Bank up: it only falls back to the history.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bancada_kernel::{EventHash, PaymentEvent, Shard};
use tokio::sync::watch;

use crate::ports::{EventHistory, JournalError};

/// Events kept in memory; some megabytes.
const RING_EVENTS: usize = 16_384;
/// Events handed over at once.
const BATCH_EVENTS: usize = 512;

/// The committed events of one shard, with positions as they are known outside. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    shard: Shard,
    /// The newest events, contiguous. The lock is held to copy pointers, never across I/O.
    ring: Mutex<VecDeque<Arc<PaymentEvent>>>,
    committed: watch::Sender<u64>,
    history: Arc<dyn EventHistory>,
}

/// A part of the feed.
#[derive(Clone, Debug)]
pub struct FeedBatch {
    /// In order; not empty.
    pub events: Vec<Arc<PaymentEvent>>,
    /// The last position the Bank has committed.
    pub committed_position: u64,
}

/// A place in the feed.
pub struct FeedReader {
    shared: Arc<Shared>,
    committed: watch::Receiver<u64>,
    after: u64,
}

impl Feed {
    /// A feed that continues a history; call [`Feed::resume_at`] before the first reader.
    pub fn new(shard: Shard, history: Arc<dyn EventHistory>) -> Feed {
        let committed = watch::Sender::new(shard.position(0));
        let shared = Shared { shard, ring: Mutex::default(), committed, history };
        Feed { shared: Arc::new(shared) }
    }

    /// Everything after `after`, from the past and from now on; a position of another shard is
    /// the beginning.
    pub fn subscribe(&self, after: u64) -> FeedReader {
        let shard = self.shared.shard;
        let after = if Shard::of_position(after) == shard { after } else { shard.position(0) };
        let committed = self.shared.committed.subscribe();
        FeedReader { shared: Arc::clone(&self.shared), committed, after }
    }

    /// The last position that is durable; the shard's beginning when nothing is.
    pub fn committed_position(&self) -> u64 {
        *self.shared.committed.borrow()
    }

    /// How many events are durable.
    pub fn n_committed(&self) -> u64 {
        Shard::in_journal(self.committed_position())
    }

    /// The hash of the event at a position, which is committed; `None` where there is none.
    pub async fn hash_at(&self, position: u64) -> Result<Option<EventHash>, JournalError> {
        let Some(before) = position.checked_sub(1) else { return Ok(None) };
        if position > self.committed_position() || Shard::in_journal(position) == 0 {
            return Ok(None);
        }
        let reader = self.subscribe(before);
        let events = match reader.read_ring() {
            Some(events) => events,
            None => reader.read_history(1).await?,
        };
        Ok(events.first().filter(|event| event.position == position).map(|event| event.hash()))
    }

    /// Says what the journal already holds: it is durable, and readable from the history.
    pub(crate) fn resume_at(&self, in_journal: u64) {
        let position = self.shared.shard.position(in_journal);
        self.shared.committed.send_if_modified(|committed| {
            let advances = position > *committed;
            if advances {
                *committed = position;
            }
            advances
        });
    }

    /// Adds durable events, in order, as the journal has them.
    pub(crate) fn publish(&self, events: impl Iterator<Item = PaymentEvent>) {
        let last = {
            let mut ring = self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner);
            ring.extend(events.map(|event| self.shared.outside(event)));
            let surplus = ring.len().saturating_sub(RING_EVENTS);
            ring.drain(..surplus);
            ring.back().map(|event| event.position)
        };
        if let Some(position) = last {
            self.resume_at(Shard::in_journal(position));
        }
    }
}

impl Shared {
    /// An event of the journal, as it is known outside.
    fn outside(&self, event: PaymentEvent) -> Arc<PaymentEvent> {
        Arc::new(PaymentEvent { position: self.shard.position(event.position), ..event })
    }
}

impl FeedReader {
    /// The next events, waiting for one if there is none. An error of the history may be
    /// temporary; the place in the feed is kept. Cancelling is safe.
    pub async fn next_batch(&mut self) -> Result<FeedBatch, JournalError> {
        let after = self.after;
        let committed_position = match self.committed.wait_for(|last| *last > after).await {
            Ok(last) => *last,
            // The sender lives in what this reader holds.
            Err(_) => return Err(JournalError::Failed("the feed is closed".to_owned())),
        };
        let events = match self.read_ring() {
            Some(events) => events,
            None => self.read_history(BATCH_EVENTS).await?,
        };
        match events.last() {
            Some(last) => self.after = last.position,
            None => return Err(JournalError::Failed(format!("no event follows {after}"))),
        }
        Ok(FeedBatch { events, committed_position })
    }

    fn read_ring(&self) -> Option<Vec<Arc<PaymentEvent>>> {
        let ring = self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let first = ring.front()?.position;
        let skip = usize::try_from((self.after + 1).checked_sub(first)?).ok()?;
        let events: Vec<_> = ring.iter().skip(skip).take(BATCH_EVENTS).cloned().collect();
        (!events.is_empty()).then_some(events)
    }

    async fn read_history(&self, limit: usize) -> Result<Vec<Arc<PaymentEvent>>, JournalError> {
        let history = Arc::clone(&self.shared.history);
        let after = Shard::in_journal(self.after);
        let read = tokio::task::spawn_blocking(move || history.read(after, limit)).await;
        let events = read.map_err(|error| JournalError::Failed(error.to_string()))??;
        Ok(events.into_iter().map(|event| self.shared.outside(event)).collect())
    }
}
