//! The stores in PostgreSQL, for services whose disk is not their own.
//!
//! Each store has a connection of its own and calls it from a thread that may block. Everything is
//! in the schema `bancada`, where each store has its tables; whoever connects first brings it to
//! the newest version.

mod connection;
mod delivery;
mod journal;
mod orders;
mod schema;
mod session;
mod snapshots;
mod statement;

use std::fmt;
use std::str::FromStr;

pub use delivery::PostgresDelivery;
pub use journal::{PostgresHistory, PostgresJournal};
pub use orders::PostgresOrders;
pub use snapshots::PostgresSnapshots;
pub use statement::{PostgresStatementReader, PostgresStatements};

/// Where the database is: `postgresql://USER@HOST:PORT/DATABASE` or `host=… user=… dbname=…`.
#[derive(Clone)]
pub struct DatabaseUrl(::postgres::Config);

/// Why a text does not say where a database is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no address of a PostgreSQL database, like postgresql://me@localhost/bancada: {0}")]
pub struct BadDatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = BadDatabaseUrl;

    fn from_str(text: &str) -> Result<DatabaseUrl, BadDatabaseUrl> {
        let mut config: ::postgres::Config =
            text.parse().map_err(|error| BadDatabaseUrl(format!("{error}")))?;
        if config.get_hosts().is_empty() {
            return Err(BadDatabaseUrl("it names no host".to_owned()));
        }
        config.application_name("bancada").connect_timeout(connection::CONNECT_WITHIN);
        Ok(DatabaseUrl(config))
    }
}

impl fmt::Debug for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseUrl").field(&self.0.get_dbname()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_before_anything_starts_and_its_password_is_not_shown() {
        let url: DatabaseUrl = "postgresql://me:secret@localhost:5432/bancada".parse().unwrap();
        assert!(!format!("{url:?}").contains("secret"));
        for bad in ["", "localhost", "http://localhost/x", "postgresql://h:port/x"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }
}
