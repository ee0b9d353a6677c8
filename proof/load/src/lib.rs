//! Load for a Bank: many payers at once, each repeating what was not answered with the same key,
//! and a log of what was asked and answered that an audit holds against the Bank.

mod log;
#[cfg(feature = "pay")]
mod pay;

pub use log::{Answer, Flaw, LoadLog, LogError, Paid, read as read_log};
#[cfg(feature = "pay")]
pub use pay::{Load, LoadError, Numbers, Report};
