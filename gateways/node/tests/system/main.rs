//! The real program, as real processes, from outside: everything in one process and as three,
//! with parts that are stopped, killed and starved.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod program;
mod refusals;
mod split;
mod start;
mod up;
