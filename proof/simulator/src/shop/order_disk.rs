//! The shop's store, as SQLite keeps its promises: a batch is written whole or not at all, and
//! after an error nobody knows which.

use std::collections::BTreeMap;

use bancada_checkout::order::Order;
use bancada_kernel::OrderId;

use crate::planted::Planted;
use crate::row::{Row, Total};

/// Orders that survive everything.
#[derive(Default)]
pub(crate) struct OrderDisk {
    orders: BTreeMap<OrderId, Row<Order>>,
    total: Total,
    /// What was there before it was damaged.
    truth: Option<BTreeMap<OrderId, Row<Order>>>,
    /// The next sync fails; true when it has written all the same.
    pub(crate) failure: Option<bool>,
    pub(crate) is_full: bool,
}

/// What is written for what.
pub(super) struct Write {
    order: Order,
    purpose: Purpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Keep it, unless there is one of the same id.
    Insert,
    /// The outcome, which somebody waits for.
    Record,
    /// Only so that it can be seen.
    Show,
}

/// What a write did.
pub(crate) enum Synced {
    Done,
    Exists(Box<Order>),
    Full,
}

impl Write {
    pub(super) fn insert(order: Order) -> Write {
        Write { order, purpose: Purpose::Insert }
    }

    pub(super) fn update(order: Order, purpose: Purpose) -> Write {
        Write { order, purpose }
    }
}

impl OrderDisk {
    pub(super) fn unresolved(&self) -> impl Iterator<Item = &Order> {
        self.orders().filter(|order| order.is_unresolved())
    }

    pub(crate) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().map(|row| &row.value)
    }

    /// Makes writes durable; `None` when it failed.
    pub(super) fn sync(&mut self, writes: Vec<Write>) -> Option<Vec<(OrderId, Purpose, Synced)>> {
        let failure = self.failure.take();
        if failure == Some(false) {
            return None;
        }
        let write = |Write { order, purpose }| {
            let id = order.id;
            let synced = match self.orders.get(&id) {
                _ if self.is_full => Synced::Full,
                Some(existing) if purpose == Purpose::Insert => {
                    Synced::Exists(Box::new(existing.value.clone()))
                }
                _ => {
                    let row = Row::new(order);
                    self.total.put(&row, self.orders.get(&id));
                    self.orders.insert(id, row);
                    Synced::Done
                }
            };
            (id, purpose, synced)
        };
        let synced: Vec<_> = writes.into_iter().map(write).collect();
        failure.is_none().then_some(synced)
    }

    /// A row is not what was written any more, or is gone.
    pub(crate) fn damage(&mut self, nth: usize, is_gone: bool) {
        let Some(id) = self.orders.keys().nth(nth % self.orders.len().max(1)).copied() else {
            return;
        };
        self.truth = Some(self.orders.clone());
        match self.orders.get_mut(&id).filter(|_| !is_gone) {
            Some(row) => row.value.total.minor += 1,
            None => drop(self.orders.remove(&id)),
        }
    }

    /// Whether every row is there and is what was written. Orders that are not have to be put
    /// back from a copy: nothing gives them again.
    pub(super) fn is_whole(&self, planted: Planted) -> bool {
        let are_rows = planted == Planted::BelieveOrders || self.orders.values().all(Row::is_whole);
        let is_table =
            planted == Planted::BelieveOrderTable || Total::of(self.orders.values()) == self.total;
        are_rows && is_table
    }

    /// Puts back what was there before the damage.
    pub(crate) fn put_truth_back(&mut self) {
        if let Some(truth) = self.truth.take() {
            self.orders = truth;
        }
    }
}
