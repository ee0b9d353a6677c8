//! Clients of the Bank: what Checkout, Extrato and the tools call.

mod authorize_stream;
pub(crate) mod bank;
mod bills;
mod breaker;
mod channels;
pub(crate) mod classify;
mod feed;
mod refunds;
mod retry_budget;

pub use bank::BankClient;
pub use bills::BillClient;
pub use breaker::BreakerState;
pub use channels::{BankAddress, BankAddressError, connect};
pub use classify::never_connected;
pub use feed::FeedClient;
