//! The shop's supervision tree, as data.
//!
//! ```text
//! checkout (rest-for-one, a thread of its own)
//! |- store     owns the thread that keeps orders
//! |- orders    takes every order to its outcome; loads the open ones from the store
//! `- follower  hears from the Bank's events what was returned of a charge
//! ```

use std::sync::Arc;

use bancada_kernel::MerchantId;
use bancada_supervision::{ChildSpec, InFlight, Link, Strategy, Supervisor};
use tokio::sync::Semaphore;

use crate::catalogue::Catalogue;
use crate::handle::{CheckoutHandle, Inner};
use crate::limits::Limits;
use crate::ports::{Bank, OrderStoreOpener, RefundSource, Surroundings};
use crate::shell::follower::Follower;
use crate::shell::orders::{Orders, OrdersParts};
use crate::shell::store::Store;
use crate::shell::store_thread::StoreQueue;

/// What the shop is made of.
pub struct CheckoutParts {
    /// What it sells.
    pub catalogue: Catalogue,
    /// The shop at the Bank.
    pub merchant: MerchantId,
    /// The shop's name, as statements show it.
    pub store_name: String,
    /// Opens the store of orders.
    pub store: Arc<dyn OrderStoreOpener>,
    /// Asks the Bank.
    pub bank: Arc<dyn Bank>,
    /// Tells what the Bank returned.
    pub refunds: Arc<dyn RefundSource>,
    /// Clock and randomness.
    pub surroundings: Arc<dyn Surroundings>,
    /// How much and how long.
    pub limits: Limits,
}

/// The shop as a subtree, and the handle to it.
pub fn checkout(parts: CheckoutParts) -> (Supervisor, CheckoutHandle) {
    let (supervisor, handle) = on_parents_thread(parts);
    (supervisor.on_own_arbiter(), handle)
}

/// The same subtree on its parent's thread, where a test's clock rules.
pub(crate) fn on_parents_thread(parts: CheckoutParts) -> (Supervisor, CheckoutHandle) {
    let (queue, link, in_flight) = (StoreQueue::default(), Link::new(), InFlight::new());
    let limits = parts.limits;
    let follower = Follower {
        source: parts.refunds,
        store: queue.clone(),
        merchant: parts.merchant.clone(),
        surroundings: Arc::clone(&parts.surroundings),
    };
    let follower = ChildSpec::permanent("follower", move |_| follower.clone());
    let orders_parts = OrdersParts {
        store: queue.clone(),
        bank: parts.bank,
        surroundings: Arc::clone(&parts.surroundings),
        merchant: parts.merchant,
        store_name: parts.store_name,
        limits,
        bank_calls: Arc::new(Semaphore::new(limits.max_bank_calls)),
    };
    let (opener, store_queue) = (parts.store, queue.clone());
    let store = ChildSpec::permanent("store", move |_| {
        Store::new(Arc::clone(&opener), store_queue.clone())
    });
    let orders = ChildSpec::permanent("orders", move |_| Orders::new(orders_parts.clone()))
        .link(&link)
        .in_flight(&in_flight);
    let supervisor = Supervisor::new("checkout", Strategy::RestForOne)
        .child(store)
        .child(orders)
        .child(follower);
    let handle = CheckoutHandle::new(Inner {
        orders: link,
        store: queue,
        catalogue: parts.catalogue,
        surroundings: parts.surroundings,
        patience: limits.patience,
        buyers: Semaphore::new(limits.max_in_flight),
        readers: Semaphore::new(limits.max_in_flight),
        in_flight,
    });
    (supervisor, handle)
}
