//! Clients of the Bank: what Checkout, Extrato and the tools call.

mod authorize_stream;
mod bank;
mod breaker;
mod channels;
mod classify;
mod feed;
mod retry_budget;

pub use bank::BankClient;
pub use breaker::BreakerState;
pub use channels::{BankAddress, BankAddressError, connect};
pub use feed::FeedClient;
