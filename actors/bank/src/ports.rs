//! What the Bank needs from outside, as traits that gateways implement.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bancada_kernel::{PaymentEvent, Timestamp};
use uuid::Uuid;

use crate::ledger::{Entry, Ledger};
use crate::proof::{Loss, Mark, Witness};

/// Where entries become durable. Owned by one thread.
pub trait JournalStore: Send + 'static {
    /// Hands every entry after `after` to `each`, in order.
    ///
    /// A damaged record in the middle is an error; nothing after it is handed over.
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError>;

    /// Makes the entries durable, all or none. When this returns, they survive a power cut.
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError>;

    /// Whether an append would find room now; asked after [`JournalError::Full`].
    fn has_room(&mut self) -> bool;

    /// Whether its connection, if it has one, ended while nothing was asked of it. All that was
    /// appended is durable then, and whoever replays it knows all of it.
    fn has_ended(&mut self) -> bool {
        false
    }

    /// Connects again after that, without a wait for what is away; whether it could.
    ///
    /// # Errors
    /// When the journal is somebody else's meanwhile.
    fn resume(&mut self) -> Result<bool, JournalError> {
        Ok(true)
    }
}

/// Opens the journal: at the start, and again whenever its thread had to be replaced.
pub trait JournalOpener: Send + Sync + 'static {
    /// A store that nobody else writes to.
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError>;
}

/// Remembers how far the journal was answered for, apart from the journal. Owned by one thread.
///
/// It is exact after the end of a process. After a power cut it may be older than the journal,
/// and is never newer.
pub trait HighWaterMark: Send + 'static {
    /// What was written last; `None` where there is none, or none that can be read. It is a
    /// witness only: where the journal proves whole, it is written anew.
    fn read(&mut self) -> Option<Mark>;

    /// Remembers a mark for the next process. Called after each sync of the journal and before
    /// its answers; it waits for no disk.
    fn write(&mut self, mark: Mark) -> Result<(), String>;

    /// Makes what was written survive a power cut. Called when there is time.
    fn sync(&mut self) -> Result<(), String>;

    /// Where it is, for whoever has to look.
    fn place(&self) -> String;
}

/// Who besides the journal may know how far it had come. Asked at each load of the ledger.
pub trait Witnesses: Send + Sync + 'static {
    /// What they know now. One that is away or damaged knows nothing.
    fn hear(&self) -> Vec<Witness>;
}

/// What was committed in the past, read beside the writer, which is never held up by it. Called on
/// threads that may block.
pub trait EventHistory: Send + Sync + 'static {
    /// At most `limit` entries after `after`, in order.
    fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, JournalError>;

    /// At most `limit` events after `after`, in order: for readers of the feed that are further
    /// behind than memory reaches.
    fn read(&self, after: u64, limit: usize) -> Result<Vec<PaymentEvent>, JournalError> {
        Ok(self.entries(after, limit)?.into_iter().map(|entry| entry.event).collect())
    }
}

/// Where snapshots of the ledger are kept. They save the time of a replay and hold nothing that
/// the journal does not: one that is missing, damaged or of another version is passed over.
pub trait SnapshotStore: Send + Sync + 'static {
    /// The positions of the snapshots that seem to be there, the newest first.
    fn positions(&self) -> Result<Vec<u64>, SnapshotError>;

    /// The ledger as it was at a position, whole and undamaged.
    fn read(&self, position: u64) -> Result<Ledger, SnapshotError>;

    /// Makes a snapshot durable, whole or not at all; then only it and the newest one before it
    /// are kept.
    fn write(&self, ledger: &Ledger) -> Result<(), SnapshotError>;
}

/// Why there is no snapshot. Payments go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// No room.
    #[error("there is no room for it")]
    Full,
    /// It is there, and not one that this program can use.
    #[error("it cannot be used: {0}")]
    Unusable(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Why the journal did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// No room. Nothing was written, for certain.
    #[error("the disk of the journal is full")]
    Full,
    /// Anything else. Whether the entries are durable is unknown: the process must end, and the
    /// next one reads what is there. A failed sync is never repeated.
    #[error("the journal failed: {0}")]
    Failed(String),
    /// What is there cannot be read as it was written: nothing is decided on the rest.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// A newer program wrote it: nothing of it is lost, and this program cannot read it.
    #[error("the journal is of a newer program: {0}")]
    Newer(String),
    /// It does not have what somebody was told of: nothing is decided on what is left.
    #[error(transparent)]
    Lost(#[from] Loss),
}

impl JournalError {
    /// Whether the journal stays as it is, however often it is read.
    pub fn is_final(&self) -> bool {
        self.is_loss() || matches!(self, JournalError::Newer(_))
    }

    /// Whether something that was in it is not there any more, for good.
    pub fn is_loss(&self) -> bool {
        matches!(self, JournalError::Damaged(_) | JournalError::Lost(_))
    }
}

/// The Bank's clock, its source of ids, and those who watch it. The core has none of them.
pub trait Surroundings: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// How much time has passed since some moment before the Bank began: by the monotonic clock,
    /// which nobody sets.
    fn monotonic(&self) -> Duration;

    /// A fresh, time-ordered UUID (version 7).
    fn uuid(&self) -> Uuid;

    /// Ends the process, because what the journal holds is no longer known.
    fn journal_is_lost(&self, error: &JournalError);

    /// Ends the process, because the journal is damaged or lacks what somebody was told of: before
    /// anything is decided, or, for what no start reads, as soon as it is found. Starting again
    /// does not help.
    fn refuse_to_start(&self, error: &JournalError) {
        let _ = error;
    }

    /// One group commit of `n_entries`, from the first write to the end of the sync.
    fn committed(&self, n_entries: usize, took: Duration) {
        let _ = (n_entries, took);
    }

    /// A snapshot was made as of a position.
    fn snapshot_made(&self, position: u64, took: Duration) {
        let _ = (position, took);
    }

    /// The thread that calls this does what can wait: payments come first.
    fn work_in_background(&self) {}
}

/// Delivers committed events to a broker.
#[async_trait]
pub trait EventPublisher: Send + Sync + 'static {
    /// Resolves when the broker has acknowledged every event, in order per card. After an error
    /// any of them may have been delivered: they are delivered again, with the same ids.
    async fn publish(&self, events: &[Arc<PaymentEvent>]) -> Result<(), PublishError>;
}

/// Why events were not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the broker did not acknowledge events: {0}")]
pub struct PublishError(pub String);

/// Remembers how far events were delivered. It may lag: what is delivered twice is recognized
/// by its event id and its card's sequence.
pub trait DeliveryCursor: Send + Sync + 'static {
    /// The highest position of which everything up to it is acknowledged; 0 at the very start.
    fn load(&self) -> Result<u64, JournalError>;

    /// Remembers a position.
    fn save(&self, position: u64) -> Result<(), JournalError>;
}
