//! Storage: the journal, orders and the statement projection on SQLite.

pub mod data_directory;
pub mod journal;
pub mod orders;
mod record;
mod sqlite;
pub mod statement;

pub use sqlite::OpenError;
