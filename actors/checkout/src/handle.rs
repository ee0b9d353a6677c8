//! What the rest of the process holds of the shop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::prelude::SendError;
use bancada_kernel::OrderId;
use bancada_supervision::{InFlight, Link};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::answer::{OrderPage, OrdersError, PlaceError, PlaceOrder, Placed};
use crate::catalogue::Catalogue;
use crate::order::{self, Command, Fingerprint, MaskedCard, Order, OrderState};
use crate::ports::{OrderCursor, StoreError, Surroundings};
use crate::shell::orders::{Orders, Place};
use crate::shell::store_thread::{Job, StoreQueue};

/// Orders on a page, at most.
pub const MAX_PAGE: usize = 100;
/// How long a question to the store may take.
const STORE_DEADLINE: Duration = Duration::from_secs(2);

/// The shop, from any thread and any tokio runtime. Cheap to clone.
#[derive(Clone)]
pub struct CheckoutHandle {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) orders: Link<Orders>,
    pub(crate) store: StoreQueue,
    pub(crate) catalogue: Catalogue,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// How long a buyer waits for the outcome.
    pub(crate) patience: Duration,
    /// Admission: whoever finds no permit is told at once, and no queue grows.
    pub(crate) buyers: Semaphore,
    pub(crate) readers: Semaphore,
    pub(crate) in_flight: InFlight,
}

impl CheckoutHandle {
    pub(crate) fn new(inner: Inner) -> CheckoutHandle {
        CheckoutHandle { inner: Arc::new(inner) }
    }

    /// What the shop sells.
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// Places an order and waits for its outcome, but not longer than a buyer would: after that
    /// the answer is the order without it ([`Order::is_unresolved`]), and the shop goes on asking
    /// the Bank. Repeating the request with its id gives the same order and never a second one.
    /// Cancelling is safe: the order takes its course.
    pub async fn place(&self, request: PlaceOrder) -> Result<Placed, PlaceError> {
        let Ok(_permit) = self.inner.buyers.try_acquire() else {
            return Err(PlaceError::Overloaded);
        };
        let _in_flight = self.inner.in_flight.enter();
        let (reply, answer) = oneshot::channel();
        let place = self.prepare(request, reply);
        let (id, fingerprint) = (place.id, place.fingerprint.clone());
        match self.inner.orders.with(|orders| orders.try_send(place)) {
            Some(Ok(())) => {}
            Some(Err(SendError::Full(_))) => return Err(PlaceError::Overloaded),
            Some(Err(SendError::Closed(_))) | None => return Err(PlaceError::Unavailable),
        }
        match timeout(self.inner.patience, answer).await {
            Ok(Ok(answer)) => answer,
            // The Bank takes long, or the actor crashed with the order in its hands.
            Ok(Err(_)) | Err(_) => match self.ask(|reply| Job::Get(id, reply)).await {
                Ok(Some(order)) if order.fingerprint == fingerprint => {
                    Ok(Placed { order, replayed: false })
                }
                Ok(Some(_)) => Err(PlaceError::KeyReused),
                Err(OrdersError::Unreadable) => Err(PlaceError::Unreadable),
                Ok(None) | Err(_) => Err(PlaceError::UnknownOutcome),
            },
        }
    }

    /// An order as it is durable.
    pub async fn order(&self, id: OrderId) -> Result<Option<Order>, OrdersError> {
        self.read(|reply| Job::Get(id, reply)).await
    }

    /// A page of at most `limit` orders (1 to [`MAX_PAGE`]), the latest first.
    pub async fn orders(
        &self,
        before: Option<OrderCursor>,
        limit: usize,
    ) -> Result<OrderPage, OrdersError> {
        let limit = limit.clamp(1, MAX_PAGE);
        // One more than asked for tells whether there is a next page.
        let mut found = self.read(|reply| Job::List { before, limit: limit + 1, reply }).await?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().map(|(cursor, _)| *cursor).filter(|_| has_more);
        Ok(OrderPage { orders: found.into_iter().map(|(_, order)| order).collect(), next })
    }

    /// Whether nobody asks the Bank any more how an order ended: it may have forgotten.
    pub fn is_given_up(&self, order: &Order) -> bool {
        order.is_unresolved() && !order.may_be_closed(self.inner.surroundings.now())
    }

    /// Whether the shop can take orders now.
    pub fn is_up(&self) -> bool {
        self.inner.orders.with(|orders| orders.connected()).unwrap_or(false)
    }

    /// Whether the last order found no room on the disk; the next one may.
    pub fn is_full(&self) -> bool {
        self.inner.store.is_full.load(Ordering::Acquire)
    }

    fn prepare(&self, request: PlaceOrder, reply: crate::shell::open_order::Reply) -> Place {
        let PlaceOrder { id, items, installments, expected_total, card, trace } = request;
        let masked = MaskedCard { brand: card.number.brand(), masked_number: card.number.masked() };
        let fingerprint = Fingerprint::of(&items, installments, &masked);
        let priced = order::price(&self.inner.catalogue, &items, installments, expected_total);
        let now = self.inner.surroundings.now();
        let order = priced.map(|basket| {
            let mut order = Order {
                id,
                lines: basket.lines,
                total: basket.total,
                card: masked,
                installments: basket.installments,
                state: OrderState::Placed,
                fingerprint: fingerprint.clone(),
                placed_at: now,
                updated_at: now,
                trace,
            };
            let started = order.decide(Command::Pay).expect("a placed order can be paid");
            order.evolve(started, now);
            Box::new(order)
        });
        Place { id, fingerprint, order, card: Arc::new(card), reply }
    }

    async fn read<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, OrdersError> {
        let Ok(_permit) = self.inner.readers.try_acquire() else {
            return Err(OrdersError::Overloaded);
        };
        self.ask(job).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, OrdersError> {
        let (reply, answer) = oneshot::channel();
        if !self.inner.store.send(job(reply)) {
            return Err(OrdersError::Unavailable);
        }
        match timeout(STORE_DEADLINE, answer).await {
            Ok(Ok(Ok(found))) => Ok(found),
            Ok(Ok(Err(StoreError::Damaged(what)))) => {
                tracing::error!(what, "an order cannot be read");
                Err(OrdersError::Unreadable)
            }
            Ok(Ok(Err(_)) | Err(_)) | Err(_) => Err(OrdersError::Unavailable),
        }
    }
}
