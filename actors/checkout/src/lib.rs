//! The shop: catalogue, the order machine and its actors.
//!
//! **Architecture invariant:** `order` and `catalogue` are pure.
//!
//! **Architecture invariant:** an order and its idempotency key are durable before the first
//! byte goes to the Bank; an order without an outcome is asked about until the Bank has told it,
//! also after a crash.
//!
//! Outside this crate there is only the [`CheckoutHandle`].

mod answer;
pub mod catalogue;
mod handle;
mod limits;
pub mod order;
pub mod ports;
mod shell;
mod tree;

pub use answer::{OrderPage, OrdersError, PlaceError, PlaceOrder, Placed};
pub use handle::{CheckoutHandle, MAX_PAGE};
pub use limits::Limits;
pub use tree::{CheckoutParts, checkout};
