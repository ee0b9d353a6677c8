//! Storage: the journal, orders and the statement projection on SQLite and in PostgreSQL.

pub mod copy;
pub mod data_directory;
pub mod delivery;
pub mod journal;
mod log_scan;
pub mod orders;
pub mod postgres;
mod private_file;
mod replace;
mod row_sums;
pub mod snapshot;
mod sqlite;
pub mod statement;
pub mod vault_key;

pub use sqlite::OpenError;
