//! Where orders are kept.

use std::fmt;

use bancada_kernel::OrderId;

use crate::order::Order;
use crate::ports::Reached;

/// Keeps orders. Owned by one thread.
pub trait OrderStore: Send + 'static {
    /// Makes the writes durable in one transaction, in order: all of them or none. When this
    /// returns, they survive a power cut. One result per write.
    fn write(&mut self, batch: &[Write]) -> Result<Vec<Written>, StoreError>;

    /// An order.
    fn get(&mut self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// At most `limit` orders, the latest first, beginning after the one at `before`.
    fn list(
        &mut self,
        before: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Vec<(OrderCursor, Order)>, StoreError>;

    /// Every order whose payment has no outcome yet, the oldest first.
    fn unresolved(&mut self) -> Result<Vec<Order>, StoreError>;

    /// How far the Bank's events were followed, for each of its shards.
    fn reached(&mut self) -> Result<Vec<Reached>, StoreError>;

    /// Keeps orders that exist as they are now, and how far that followed a shard's events, in one
    /// transaction.
    fn follow(&mut self, orders: &[Order], reached: Reached) -> Result<(), StoreError>;
}

/// Opens the store: at the start, and again whenever its thread had to be replaced.
pub trait OrderStoreOpener: Send + Sync + 'static {
    /// A store that nobody else writes to.
    fn open(&self) -> Result<Box<dyn OrderStore>, StoreError>;
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Keep this order, unless one of the same id is kept already.
    Insert(Order),
    /// Keep this order instead of the one of the same id, which exists.
    Update(Order),
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is durable.
    Done,
    /// There was an order of this id, possibly from the same batch: it stays as it is.
    Exists(Box<Order>),
}

/// The place of an order in the list; ascending with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderCursor(pub i64);

impl OrderCursor {
    /// Reads what [`fmt::Display`] shows.
    pub fn parse(text: &str) -> Option<OrderCursor> {
        text.parse().ok().map(OrderCursor)
    }
}

impl fmt::Display for OrderCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why the store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room. Nothing was written, for certain.
    #[error("the disk of the orders is full")]
    Full,
    /// A row is not what was written. Nothing was changed, and other orders may be whole.
    #[error("the orders are damaged: {0}")]
    Damaged(String),
    /// Anything else. Whether something was written is unknown until the store is opened again.
    #[error("the order store failed: {0}")]
    Failed(String),
}
