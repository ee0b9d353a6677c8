//! The simulator from outside: what it finds in the product, and that a seed says everything.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod campaign;
mod seeds;
