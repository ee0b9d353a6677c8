//! A store in memory that survives its openers, as a disk does.

use std::sync::{Arc, Mutex};

use bancada_kernel::OrderId;

use crate::order::Order;
use crate::ports::{
    OrderCursor, OrderStore, OrderStoreOpener, Reached, StoreError, Write, Written,
};

/// The disk.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    orders: Vec<Order>,
    reached: Vec<Reached>,
    n_commits: usize,
    n_opened: usize,
    /// What every write is answered with.
    fault: Option<StoreError>,
}

impl Disk {
    pub(super) fn orders(&self) -> Vec<Order> {
        self.0.lock().unwrap().orders.clone()
    }

    pub(super) fn order(&self, id: OrderId) -> Option<Order> {
        self.orders().into_iter().find(|order| order.id == id)
    }

    pub(super) fn put(&self, order: Order) {
        self.0.lock().unwrap().orders.push(order);
    }

    pub(super) fn reached(&self) -> Option<u64> {
        self.0.lock().unwrap().reached.first().map(|reached| reached.position)
    }

    pub(super) fn n_opened(&self) -> usize {
        self.0.lock().unwrap().n_opened
    }

    pub(super) fn n_commits(&self) -> usize {
        self.0.lock().unwrap().n_commits
    }

    pub(super) fn set_fault(&self, fault: Option<StoreError>) {
        self.0.lock().unwrap().fault = fault;
    }
}

impl OrderStoreOpener for Disk {
    fn open(&self) -> Result<Box<dyn OrderStore>, StoreError> {
        self.0.lock().unwrap().n_opened += 1;
        Ok(Box::new(self.clone()))
    }
}

impl OrderStore for Disk {
    fn write(&mut self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        let mut content = self.0.lock().unwrap();
        if let Some(fault) = &content.fault {
            return Err(fault.clone());
        }
        content.n_commits += 1;
        let mut written = Vec::new();
        for write in batch {
            let (Write::Insert(order) | Write::Update(order)) = write;
            let kept = content.orders.iter().position(|kept| kept.id == order.id);
            written.push(match (write, kept) {
                (Write::Insert(_), None) => {
                    content.orders.push(order.clone());
                    Written::Done
                }
                (Write::Insert(_), Some(at)) => {
                    Written::Exists(Box::new(content.orders[at].clone()))
                }
                (Write::Update(_), Some(at)) => {
                    content.orders[at] = order.clone();
                    Written::Done
                }
                (Write::Update(_), None) => panic!("only kept orders are updated"),
            });
        }
        Ok(written)
    }

    fn get(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.order(id))
    }

    fn list(
        &mut self,
        before: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Vec<(OrderCursor, Order)>, StoreError> {
        let numbered = (0_i64..).map(OrderCursor).zip(self.orders());
        let mut older: Vec<_> =
            numbered.filter(|(cursor, _)| before.is_none_or(|before| *cursor < before)).collect();
        older.reverse();
        older.truncate(limit);
        Ok(older)
    }

    fn unresolved(&mut self) -> Result<Vec<Order>, StoreError> {
        Ok(self.orders().into_iter().filter(Order::is_unresolved).collect())
    }

    fn reached(&mut self) -> Result<Vec<Reached>, StoreError> {
        Ok(self.0.lock().unwrap().reached.clone())
    }

    fn follow(&mut self, orders: &[Order], reached: Reached) -> Result<(), StoreError> {
        let writes: Vec<_> = orders.iter().cloned().map(Write::Update).collect();
        self.write(&writes)?;
        self.0.lock().unwrap().reached = vec![reached];
        Ok(())
    }
}
