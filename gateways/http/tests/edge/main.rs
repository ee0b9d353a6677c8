//! The HTTP servers from outside: real requests on port 0, with the real actors and a real Bank
//! behind them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod caching;
mod headers;
mod hosts;
mod later;
mod limits;
mod methods;
mod orders;
mod paths;
mod problems;
mod running_shop;
mod secrets;
mod stream;
