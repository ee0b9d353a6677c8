//! The running tree, tested from outside, with actors that fail on purpose.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of tests for no tests")]

mod chaos;
mod dynamic;
mod failing_actor;
mod frozen;
mod restart;
mod shutdown;
mod snapshot;
mod strategies;
mod support;
