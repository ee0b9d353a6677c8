//! How orders follow refunds, on the store's thread: nobody else writes between its reading and
//! its writing.

use std::collections::HashMap;

use bancada_kernel::{OrderId, Timestamp};

use crate::order::{Order, Refund};
use crate::ports::{OrderStore, Reached, StoreError, Write};

/// What was read of the Bank's events at once.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    pub(crate) refunds: Vec<Refund>,
    pub(crate) reached: Reached,
}

/// The refunds of orders whose outcome was not durable yet when they were heard of. Whoever takes
/// such an order to its outcome does not know of them, and would write it down as charged.
#[derive(Debug, Default)]
pub(super) struct Early(HashMap<OrderId, Refund>);

impl Early {
    /// Lets an order that is about to be written follow what was heard of it.
    pub(super) fn join(&self, write: &mut Write) {
        if let Write::Update(order) = write
            && let Some(refund) = self.0.get(&order.id)
        {
            let now = order.updated_at;
            order.follow(refund, now);
        }
    }
}

/// Lets orders follow refunds, and keeps how far was read. An order that is not there was not
/// placed here; one that cannot be read is told, and holds up no other.
pub(super) fn follow(
    store: &mut dyn OrderStore,
    early: &mut Early,
    following: &Following,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut changed: Vec<Order> = Vec::new();
    for refund in &following.refunds {
        let place = changed.iter().position(|order| order.id == refund.order);
        let found = match place {
            Some(place) => Some(changed.swap_remove(place)),
            None => match store.get(refund.order) {
                Err(StoreError::Damaged(what)) => {
                    let id = refund.order;
                    tracing::error!(order.id = %id, what, "an order with a refund is damaged");
                    None
                }
                found => found?,
            },
        };
        let Some(mut order) = found else { continue };
        if order.is_unresolved() {
            early.0.insert(order.id, refund.clone());
        }
        let has_changed = order.follow(refund, now);
        if has_changed || place.is_some() {
            changed.push(order);
        }
    }
    store.follow(&changed, following.reached)
}
