//! Where events come from: a broker's partitions, or the Bank's own feed with one for each shard.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bancada_kernel::{CardToken, EventHash, PaymentEvent};

/// A place in a source: for a broker the partition and the record's offset; for the Bank's feed
/// the shard and the position in its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePosition {
    /// Which partition.
    pub partition: u32,
    /// Ascending within its partition.
    pub offset: u64,
}

/// How far each partition has been read: the offset of its last record. A partition that is
/// absent is read from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offsets(pub BTreeMap<u32, u64>);

/// Delivers events at least once, in order per card.
#[async_trait]
pub trait EventSource: Send + Sync + 'static {
    /// Connects, and delivers what comes after these offsets; from the beginning of a partition
    /// that does not hold what comes next. A source that is the Bank itself proves with `reached`
    /// that its past is still the one that was followed.
    async fn open(
        &self,
        after: Offsets,
        reached: &[Reached],
    ) -> Result<Box<dyn EventStream>, SourceError>;
}

/// A connection to a source.
#[async_trait]
pub trait EventStream: Send {
    /// The next records, waiting for some; an empty batch only says that the source is alive.
    /// After an error the stream is of no more use.
    async fn next(&mut self) -> Result<SourceBatch, SourceError>;
}

/// Some records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceBatch {
    /// In order per partition.
    pub records: Vec<SourceRecord>,
    /// The last position that the Bank has committed in one of its shards, where the source knows
    /// it.
    pub committed_position: Option<u64>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Where it was; absent for a record that was read again for repair.
    pub at: Option<SourcePosition>,
    /// What it says.
    pub event: Result<PaymentEvent, Undecodable>,
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// The card it is about, when the record's key tells.
    pub card: Option<CardToken>,
    /// What was received.
    pub raw: Vec<u8>,
    /// What is wrong with it.
    pub why: String,
}

/// Reads what a record holds, once more: a newer program may understand it.
pub trait EventReader: Send + Sync + 'static {
    /// The event, or what is wrong with the bytes.
    fn read(&self, raw: &[u8]) -> Result<PaymentEvent, String>;
}

/// Why nothing comes from a source. It is tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It is away.
    #[error("the source of events is away: {0}")]
    Away(String),
    /// The Bank does not have what the statement has read of it: its journal was lost or another
    /// one was put in its place. Nothing of it fits the rows.
    #[error("the bank has another past than the statement: {0}")]
    OtherPast(String),
}

/// How far a shard's journal has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The highest position.
    pub position: u64,
    /// The event there, with which the Bank is asked whether it has the same past; absent where an
    /// earlier version kept none.
    pub event: Option<EventHash>,
}

/// The Bank's past, for events that were lost on their way.
#[async_trait]
pub trait EventRepair: Send + Sync + 'static {
    /// At most `limit` events after a position, of its shard and in order; none when there are no
    /// more.
    async fn read(&self, after: u64, limit: usize) -> Result<Vec<PaymentEvent>, SourceError>;

    /// Whether the Bank still has these events: [`SourceError::OtherPast`] where it has not.
    async fn prove(&self, reached: &[Reached]) -> Result<(), SourceError>;

    /// The position before the first event of each of the Bank's shards.
    async fn beginnings(&self) -> Result<Vec<u64>, SourceError>;

    /// The last position that the Bank has committed in each of its shards.
    async fn committed_positions(&self) -> Result<Vec<u64>, SourceError>;

    /// Some cards after one or from the first, in the order of their tokens; none when there are
    /// no more.
    async fn cards(&self, after: Option<&CardToken>) -> Result<Vec<BankCard>, SourceError>;
}

/// A card as the Bank has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankCard {
    /// Which card.
    pub token: CardToken,
    /// How many events it has had.
    pub sequence: u64,
}
