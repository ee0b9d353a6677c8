//! The statement: its projection and its actors.
//!
//! **Architecture invariant:** `statement` is pure. What a statement shows is a fold over the
//! Bank's events: delivered again, doubled or interleaved, they give the same rows.
//!
//! **Architecture invariant:** rows, offsets and sequences change in one transaction, by one
//! writer; readers have a connection of their own.
//!
//! Outside this crate its actors are reached by the [`ExtratoHandle`] alone.
#![cfg_attr(not(feature = "shell"), allow(dead_code, reason = "the shell uses it"))]

#[cfg(feature = "shell")]
mod answer;
#[cfg(feature = "shell")]
mod freshness;
#[cfg(feature = "shell")]
mod handle;
#[cfg(feature = "shell")]
mod limits;
pub mod past;
pub mod ports;
#[cfg(feature = "shell")]
mod reading;
#[cfg(feature = "shell")]
mod shell;
pub mod statement;
#[cfg(feature = "shell")]
mod subscription;
#[cfg(feature = "shell")]
mod tree;

#[cfg(feature = "shell")]
pub use answer::{
    BillAsked, CardList, DeadLetterError, PayBillError, ReadError, Statement, SubscribeError,
};
#[cfg(feature = "shell")]
pub use freshness::{Freshness, FreshnessWatch, Statistics};
#[cfg(feature = "shell")]
pub use handle::{ExtratoHandle, PayBill};
#[cfg(feature = "shell")]
pub use limits::Limits;
#[cfg(feature = "shell")]
pub use subscription::{LastSeen, Subscription};
#[cfg(feature = "shell")]
pub use tree::{ExtratoParts, extrato};
