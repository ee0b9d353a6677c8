//! Events on their way from a real Bank to a real statement, over both transports: the Bank's
//! feed and Apache Kafka. The broker is the genuine one, started by the tests that need it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod altered;
mod bills;
mod codecs;
mod contract;
mod dead_letters;
mod faults;
mod metrics;
mod shape;
mod topic;
mod unreadable;
