//! The statement: its projection and its actors.
//!
//! **Architecture invariant:** `statement` is pure. What a statement shows is a fold over the
//! Bank's events: delivered again, doubled or interleaved, they give the same rows.
//!
//! **Architecture invariant:** rows, offsets and sequences change in one transaction, by one
//! writer; readers have a connection of their own.
//!
//! Outside this crate there is only the [`ExtratoHandle`].

mod answer;
mod freshness;
mod handle;
mod limits;
pub mod past;
pub mod ports;
mod reading;
mod shell;
pub mod statement;
mod subscription;
mod tree;

pub use answer::{
    BillAsked, CardList, DeadLetterError, PayBillError, ReadError, Statement, SubscribeError,
};
pub use freshness::{Freshness, FreshnessWatch, Statistics};
pub use handle::{ExtratoHandle, PayBill};
pub use limits::Limits;
pub use subscription::{LastSeen, Subscription};
pub use tree::{ExtratoParts, extrato};
