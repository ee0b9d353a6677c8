//! Storage: the journal, orders and the statement projection on SQLite.

pub mod data_directory;
pub mod delivery;
pub mod journal;
pub mod orders;
pub mod postgres;
mod record;
mod replay;
pub mod snapshot;
mod sqlite;
pub mod statement;

pub use sqlite::OpenError;
