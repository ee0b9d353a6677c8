//! Whether a connection leads to a session of the database's own.
//!
//! A pooler in transaction mode gives each transaction the next best session. An advisory lock is
//! then somebody else's when it was taken, and what was prepared is not there, or, where the pooler
//! prepares again, nothing fails at all.

use postgres::error::SqlState;
use postgres::{Client, Config, Error, NoTls, SimpleQueryMessage};

/// In words, with what to do.
pub(super) const IN_TRANSACTION_MODE: &str = "the database is reached through a pooler in \
    transaction mode, where a connection keeps neither its session nor its locks: name the server \
    itself, or let the pooler keep sessions (PgBouncer: pool_mode = session)";
/// Other clients of a pooler may come in between; more than once each time is chance.
const N_ROUNDS: usize = 5;

/// Whether two connections at once are given each other's sessions, or one is given several.
///
/// Whoever begins a transaction takes the session that was let go last, which is the one that the
/// first connection had a moment ago, or has it taken from the first one, which is given another.
pub(super) fn is_in_transaction_mode(config: &Config, client: &mut Client) -> Result<bool, Error> {
    let mut other = config.connect(NoTls)?;
    let first = session(client)?;
    for _ in 0..N_ROUNDS {
        other.batch_execute("BEGIN")?;
        if session(&mut other)? == first || session(client)? != first {
            return Ok(true);
        }
        other.batch_execute("ROLLBACK")?;
    }
    Ok(false)
}

/// The process of the server that answers now. Nothing is prepared for it: that would be left
/// behind in a session that is somebody else's next.
pub(super) fn session(client: &mut Client) -> Result<Option<String>, Error> {
    let answer = client.simple_query("SELECT pg_backend_pid()")?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

/// Begins a transaction, which fails in any other session than this one.
pub(super) fn begin_in(session: &str) -> String {
    format!("BEGIN; SELECT 1 / (pg_backend_pid() = {session})::integer")
}

/// Whether [`begin_in`] failed for this.
pub(super) fn is_another_session(error: &Error) -> bool {
    error.code() == Some(&SqlState::DIVISION_BY_ZERO)
}
