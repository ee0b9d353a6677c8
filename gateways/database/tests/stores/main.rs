//! The stores of the shop and of the statement: one contract for each, wherever it is kept.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod an_event;
mod an_order;
mod damage;
mod database;
mod orders;
mod place;
mod pooled;
#[path = "../journal/pooler.rs"]
mod pooler;
#[path = "../../../node/tests/system/ports.rs"]
mod ports;
#[path = "../journal/server.rs"]
#[allow(dead_code, reason = "the tests of the journal use the rest")]
mod server;
mod statements;
