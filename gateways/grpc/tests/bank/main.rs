//! The Bank's gRPC server from outside: real calls on port 0, with the real actors behind it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authorizing;
mod cards;
mod coalescing;
mod codebank;
mod faults;
mod feed;
mod health;
mod keys;
mod limits;
mod races;
mod raw_client;
mod refusals;
mod restarts;
mod running_bank;
mod shop;
mod statuses;
mod streams;
