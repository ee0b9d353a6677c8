//! The shop's store, as SQLite keeps its promises: a batch is written whole or not at all, and
//! after an error nobody knows which.

use std::collections::BTreeMap;

use bancada_checkout::order::Order;
use bancada_kernel::OrderId;

/// Orders that survive everything.
#[derive(Default)]
pub(crate) struct OrderDisk {
    orders: BTreeMap<OrderId, Order>,
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
        self.orders.values().filter(|order| order.is_unresolved())
    }

    pub(crate) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
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
                    Synced::Exists(Box::new(existing.clone()))
                }
                _ => {
                    self.orders.insert(id, order);
                    Synced::Done
                }
            };
            (id, purpose, synced)
        };
        let synced: Vec<_> = writes.into_iter().map(write).collect();
        failure.is_none().then_some(synced)
    }
}
