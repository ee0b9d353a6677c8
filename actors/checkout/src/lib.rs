//! The shop: catalogue, the order machine and its actors.
//!
//! **Architecture invariant:** `order` and `catalogue` are pure.
//!
//! **Architecture invariant:** an order and its idempotency key are durable before the first
//! byte goes to the Bank; an order without an outcome is asked about until the Bank has told it,
//! also after a crash.
//!
//! Outside this crate its actors are reached by the [`CheckoutHandle`] alone.
#![cfg_attr(not(feature = "shell"), allow(dead_code, reason = "the shell uses it"))]

#[cfg(feature = "shell")]
mod answer;
pub mod catalogue;
#[cfg(feature = "shell")]
mod handle;
#[cfg(feature = "shell")]
mod limits;
pub mod order;
pub mod ports;
#[cfg(feature = "shell")]
mod shell;
#[cfg(feature = "shell")]
mod tree;

#[cfg(feature = "shell")]
pub use answer::{OrderPage, OrdersError, PlaceError, PlaceOrder, Placed};
#[cfg(feature = "shell")]
pub use handle::{CheckoutHandle, MAX_PAGE};
#[cfg(feature = "shell")]
pub use limits::Limits;
#[cfg(feature = "shell")]
pub use tree::{CheckoutParts, checkout};
