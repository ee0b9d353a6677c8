//! Holds what payers, the shop, Kafka, the statement and Elasticsearch know against the Bank.
//!
//! Judging is pure, and builds for the browser: what somebody knows goes in, a [`Comparison`] comes
//! out. Asking them is behind the feature `ask`.

#[cfg(feature = "ask")]
mod ask;
mod bank;
mod checkout;
mod elasticsearch;
mod extrato;
mod facts;
mod kafka;
mod payers;
#[cfg(test)]
mod planted;
mod verdict;

#[cfg(feature = "ask")]
pub use ask::{Audit, AuditError, ReadError};
pub use bank::{AcceptedLoss, BankView, Latest};
pub use checkout::compare as compare_checkout;
pub use elasticsearch::{Copied, compare as compare_elasticsearch};
pub use extrato::{Lines, compare as compare_extrato};
pub use kafka::Seen;
pub use payers::compare as compare_payers;
pub use verdict::{Comparison, Outcome, Verdict};
