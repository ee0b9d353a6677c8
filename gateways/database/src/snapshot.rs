//! Snapshots of the ledger as bytes, wherever they are kept: `frame.rs` is the format, `restore.rs`
//! reads it on several threads, `files.rs` keeps it beside a journal in SQLite. The database keeps
//! the same frames in a table (`postgres/snapshots.rs`).
//!
//! Not in the journal's own SQLite file: that has one writer, and payments would wait for it.

mod files;
mod frame;
#[cfg(test)]
mod fuzz;
mod restore;

pub use files::FileSnapshots;

pub(crate) use frame::{end, header, part};
pub(crate) use restore::restore;

/// Snapshots that are kept: the newest, and one to fall back to.
pub(crate) const N_KEPT: usize = 2;
