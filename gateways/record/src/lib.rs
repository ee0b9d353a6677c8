//! The record of a journal: one group commit as bytes, in every version that was ever written, and
//! reading records one after the other. Whoever stores records brings the disk or the database.

#[cfg(any(test, feature = "examples"))]
pub mod examples;
mod record;
mod replay;

pub use record::{RecordError, decode, encode};
pub use replay::Replay;
