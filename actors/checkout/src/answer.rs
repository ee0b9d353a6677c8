//! What the shop is asked, and what it answers.

use bancada_kernel::{Money, OrderId, TraceContext};

use crate::order::{BasketError, Item, Order};
use crate::ports::{OrderCursor, PresentedCard};

/// A buyer's request to buy, with the card as typed. Lives only until the Bank has answered.
#[derive(Debug)]
pub struct PlaceOrder {
    /// Minted by the browser, once per purchase: a double click or a reload repeats it.
    pub id: OrderId,
    /// What is bought.
    pub items: Vec<Item>,
    /// 1 to 12.
    pub installments: u32,
    /// The total the buyer was shown, if the browser tells it.
    pub expected_total: Option<Money>,
    /// With which card.
    pub card: PresentedCard,
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

/// The answer to [`PlaceOrder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order as it is durable; unresolved when the Bank took longer than the buyer waits.
    pub order: Order,
    /// True when the order had been placed before by the same request.
    pub replayed: bool,
}

/// Why there is no order. Ordered by precedence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The id belongs to an order for something else, or with another card.
    #[error("this key was used for another order")]
    KeyReused,
    /// What was asked for cannot be sold.
    #[error(transparent)]
    Basket(#[from] BasketError),
    /// Too much at once; nothing was kept or sent. Try again in a moment.
    #[error("the shop has too many orders in progress")]
    Overloaded,
    /// The disk is full; nothing was kept or sent.
    #[error("the shop cannot record orders: its disk is full")]
    StorageFull,
    /// The shop is starting or stopping; nothing was kept or sent.
    #[error("the shop is not ready")]
    Unavailable,
    /// The order may or may not have been kept. Repeat the request with the same key.
    #[error("the shop lost the request; repeat it with the same key")]
    UnknownOutcome,
    /// The order of this id is there, and is not what was written. Nothing was sent.
    #[error("the order of this id cannot be read: its data is damaged")]
    Unreadable,
}

/// A part of the list of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPage {
    /// The latest first.
    pub orders: Vec<Order>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<OrderCursor>,
}

/// Why a question about orders has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrdersError {
    /// Too much at once. Try again in a moment.
    #[error("the shop has too many requests in progress")]
    Overloaded,
    /// The store is starting, stopping or failing.
    #[error("the shop is not ready")]
    Unavailable,
    /// What is kept of it is not what was written.
    #[error("the order cannot be read: its data is damaged")]
    Unreadable,
}
