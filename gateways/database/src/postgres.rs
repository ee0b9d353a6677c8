//! The stores in PostgreSQL, for services whose disk is not their own.
//!
//! Each store has a connection of its own and calls it from a thread that may block. Everything is
//! in the schema `bancada`, where each store has its tables; whoever connects first brings it to
//! the newest version.

mod connection;
mod delivery;
mod journal;
mod orders;
mod pooler;
mod schema;
mod session;
mod snapshots;
mod statement;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ::postgres::config::Host;

pub use delivery::PostgresDelivery;
pub use journal::{PostgresHistory, PostgresJournal};
pub use orders::PostgresOrders;
pub use snapshots::PostgresSnapshots;
pub use statement::{PostgresStatementReader, PostgresStatements};

/// Where the database is: `postgresql://USER@HOST:PORT/DATABASE` or `host=… user=… dbname=…`.
#[derive(Clone)]
pub struct DatabaseUrl {
    config: ::postgres::Config,
    /// Whether its connections were found to have sessions of their own; clones know the same.
    has_sessions: Arc<AtomicBool>,
}

/// An address at which connections do not keep their sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", pooler::IN_TRANSACTION_MODE)]
pub struct TransactionPooler;

impl DatabaseUrl {
    /// Refuses a pooler that gives a connection another session in each transaction. A database
    /// that is away is no reason: it is looked at when it is there.
    pub fn refuse_transaction_pooler(&self) -> Result<(), TransactionPooler> {
        match connection::look(self) {
            Ok(false) => Err(TransactionPooler),
            Ok(true) | Err(_) => Ok(()),
        }
    }
}

/// Why a text does not say where a database is. It repeats nothing of the text, which may hold a
/// password; the client's own errors repeat what they could not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no address of a PostgreSQL database, like postgresql://me@localhost/bancada: {why} \
     (the address is not repeated here, for it may hold a password)"
)]
pub struct BadDatabaseUrl {
    why: &'static str,
}

/// What follows from a password with an `@` in it.
const ESCAPE: &str = "in a name or a password, @ is written %40";

impl FromStr for DatabaseUrl {
    type Err = BadDatabaseUrl;

    fn from_str(text: &str) -> Result<DatabaseUrl, BadDatabaseUrl> {
        let bad = |why| Err(BadDatabaseUrl { why });
        let mut config: ::postgres::Config = match text.parse() {
            Ok(config) => config,
            Err(error) => return bad(what_is_wrong(&error)),
        };
        let has_host = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
        if config.get_hosts().iter().any(has_host)
            || config.get_dbname().is_some_and(|name| name.contains('@'))
        {
            return bad(ESCAPE);
        }
        if config.get_hosts().is_empty() {
            return bad("it names no host");
        }
        config.application_name("bancada").connect_timeout(connection::CONNECT_WITHIN);
        Ok(DatabaseUrl { config, has_sessions: Arc::default() })
    }
}

/// The client's reason as one of ours: its text may quote the address.
fn what_is_wrong(error: &::postgres::Error) -> &'static str {
    let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let starts = |start| said.starts_with(start);
    match said.as_str() {
        _ if starts("unknown option") => "it has an option that does not exist",
        "invalid value for option `port`" => "its port is no number",
        "invalid value for option `host`" => "its host is none",
        _ if starts("invalid value for option") => "the value of one of its options is none",
        _ => "it cannot be read",
    }
}

impl fmt::Debug for DatabaseUrl {
    /// Nothing: what is mistyped may have put the password anywhere.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseUrl").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use bancada_fuzz::mistypings;

    use super::*;

    #[test]
    fn an_address_is_checked_before_anything_starts_and_its_password_is_not_shown() {
        let url: DatabaseUrl = "postgresql://me:secret@localhost:5432/bancada".parse().unwrap();
        assert!(!format!("{url:?}").contains("secret"));
        for bad in ["", "localhost", "http://localhost/x", "postgresql://h:port/x"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_that_is_said_of_a_mistyped_address_holds_its_password() {
        let password = "s3cr3tPass";
        for good in [
            "postgresql://me:s3cr3tPass@localhost:5432/bancada?connect_timeout=3",
            "host=localhost port=5432 user=me password=s3cr3tPass dbname=bancada",
        ] {
            let mut n_refused = 0;
            for text in mistypings(good, password) {
                let said = match text.parse::<DatabaseUrl>() {
                    Ok(url) => format!("{url:?}"),
                    Err(error) => format!("{error} {error:?}"),
                };
                n_refused += usize::from(said.contains("no address"));
                assert!(!said.contains(password), "{text}: {said}");
            }
            assert!(n_refused > 100, "{n_refused}");
        }
        // Slips of a password that is not escaped.
        for (bad, why) in [
            ("postgresql://me:a@s3cr3tPass@localhost/bancada", "%40"),
            ("postgresql://localhost:s3cr3tPass/bancada", "port"),
            ("postgresql://localhost/bancada?s3cr3tPass=1", "option"),
        ] {
            let said = bad.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(said.contains(why) && !said.contains(password), "{bad}: {said}");
        }
    }
}
