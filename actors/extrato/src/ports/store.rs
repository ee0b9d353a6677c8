//! Where statements are kept.

use bancada_kernel::{CardToken, Timestamp};

use super::{BankCard, Offsets, Reached, SourceRecord};
use crate::statement::{
    Applied, BillPayment, DeadLetter, Filter, HeldCard, StatementCard, StatementLine,
};

/// Writes statements. Owned by one thread.
pub trait StatementStore: Send + 'static {
    /// Runs [`fold`](crate::statement::fold) over the records in one transaction: rows, offsets
    /// and sequences change together or not at all.
    fn apply(&mut self, records: &[SourceRecord], now: Timestamp) -> Result<Applied, StoreError>;

    /// How far each partition has been read.
    fn offsets(&mut self) -> Result<Offsets, StoreError>;

    /// The cards that wait for missed events.
    fn held(&mut self) -> Result<Vec<HeldCard>, StoreError>;

    /// Runs [`release`](crate::statement::release) over cards that were found waiting, in one
    /// transaction; the result is how many still wait.
    fn release(&mut self, found: &[HeldCard]) -> Result<u64, StoreError>;

    /// Runs [`hold_behind`](crate::statement::hold_behind) over cards of the Bank, in one
    /// transaction; the result is how many began to wait.
    fn hold_behind(&mut self, cards: &[BankCard]) -> Result<u64, StoreError>;

    /// How far each shard's journal was seen; none at the very start.
    fn progress(&mut self) -> Result<Vec<Reached>, StoreError>;

    /// Keeps a payment of a bill, so that it survives a power cut on return; or gives the one
    /// that was kept under its key before.
    fn keep_bill(&mut self, payment: &BillPayment) -> Result<Option<BillPayment>, StoreError>;

    /// Runs [`settle_bill`](crate::statement::settle_bill) over a payment of a bill, in one
    /// transaction.
    fn settle_bill(&mut self, answered: &BillPayment) -> Result<(), StoreError>;

    /// Forgets a record that could not be read; whether it was there.
    fn discard_dead_letter(&mut self, id: u64) -> Result<bool, StoreError>;

    /// At most `limit` records that could not be read and were not handed on, in the order in
    /// which they came.
    fn waiting_dead_letters(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Remembers that a record was handed on. Where it was discarded meanwhile, whatever has its
    /// id now is another one's.
    fn handed_on(&mut self, letter: &DeadLetter) -> Result<(), StoreError>;

    /// The payments of bills that the Bank has not answered, the oldest first.
    fn open_bills(&mut self) -> Result<Vec<BillPayment>, StoreError>;
}

/// Reads statements, beside the writer and from any thread. Every call may block for a moment.
pub trait StatementReader: Send + Sync + 'static {
    /// At most `limit` cards after one, by holder and then by masked number; none after one that
    /// is not there. `now` decides which fatura is open.
    fn cards(
        &self,
        now: Timestamp,
        after: Option<&CardToken>,
        limit: usize,
    ) -> Result<Vec<StatementCard>, StoreError>;

    /// One card.
    fn card(&self, token: &CardToken, now: Timestamp) -> Result<Option<StatementCard>, StoreError>;

    /// The lines of a card that pass the filter, the latest first.
    fn lines(&self, token: &CardToken, filter: &Filter) -> Result<Vec<StatementLine>, StoreError>;

    /// At most `limit` lines of a card after a position, the oldest first.
    fn lines_after(
        &self,
        token: &CardToken,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StatementLine>, StoreError>;

    /// The positions from `first` to `last` at which a card's holds are that still stand.
    fn open_holds(&self, token: &CardToken, first: u64, last: u64) -> Result<Vec<u64>, StoreError>;

    /// At most `limit` payments of a card's bills, the latest first.
    fn bills(&self, token: &CardToken, limit: usize) -> Result<Vec<BillPayment>, StoreError>;

    /// At most `limit` records that could not be read, after one, in the order in which they came.
    fn dead_letters(&self, after: u64, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;
}

/// Opens the store for its one writer.
pub trait StatementStoreOpener: Send + Sync + 'static {
    /// At the start, and again whenever the writer's thread had to be replaced.
    fn open(&self) -> Result<Box<dyn StatementStore>, StoreError>;

    /// Reads everything that is kept, beside the writer and from any thread:
    /// [`StoreError::Damaged`] where it is not what was written. It may take long, and calls
    /// `pause` again and again.
    fn examine(&self, pause: &mut dyn FnMut()) -> Result<(), StoreError>;

    /// Sets aside what is damaged, and opens a store without lines or offsets, which keeps what is
    /// whole and what no source can give again: payments of bills, and records that could not be
    /// read. No writer has it open.
    fn open_anew(&self) -> Result<Box<dyn StatementStore>, StoreError>;
}

/// Why the store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room. Nothing was written, for certain.
    #[error("the disk of the statements is full")]
    Full,
    /// What is kept is not what was written. It has to be made anew.
    #[error("the statements are damaged: {0}")]
    Damaged(String),
    /// Anything else.
    #[error("the statement store failed: {0}")]
    Failed(String),
}
