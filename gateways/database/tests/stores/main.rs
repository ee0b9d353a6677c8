//! The stores of the shop and of the statement: one contract for each, wherever it is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod an_event;
mod an_order;
mod damage;
mod database;
mod orders;
mod place;
mod pooled;
mod statements;
