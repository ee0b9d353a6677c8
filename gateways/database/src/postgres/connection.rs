//! A connection that is made when it is needed, and made again after it failed.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bancada_bank::ports::{JournalError, SnapshotError};
use bancada_checkout::ports::StoreError as OrdersError;
use bancada_extrato::ports::StoreError as StatementError;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::{Client, NoTls};

use super::schema;
use super::{DatabaseUrl, pooler};

pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A connection that was used a moment ago is not looked at: a look takes [`LOOK_FOR`].
const RESTS: Duration = Duration::from_millis(100);
/// A moment, in which the client learns what has come for it; the clock of its runtime has no
/// shorter one.
const LOOK_FOR: Duration = Duration::from_millis(1);
/// Whatever the server's defaults are: an answer means that the disk has it, and a session that
/// nobody uses for a while is nobody's mistake. Older servers do not have the second setting.
const SETTINGS: &str = "
    SET synchronous_commit = on;
    SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout';
";

/// Why the database did not do what was asked.
#[derive(Debug)]
pub(super) enum DatabaseError {
    /// No room. The transaction is undone: nothing of it was written.
    Full,
    /// Anything else.
    Failed(String),
}

impl From<postgres::Error> for DatabaseError {
    fn from(error: postgres::Error) -> DatabaseError {
        failure(error)
    }
}

impl From<DatabaseError> for JournalError {
    fn from(error: DatabaseError) -> JournalError {
        match error {
            DatabaseError::Full => JournalError::Full,
            DatabaseError::Failed(said) => JournalError::Failed(said),
        }
    }
}

impl From<DatabaseError> for SnapshotError {
    fn from(error: DatabaseError) -> SnapshotError {
        match error {
            DatabaseError::Full => SnapshotError::Full,
            DatabaseError::Failed(said) => SnapshotError::Failed(said),
        }
    }
}

impl From<DatabaseError> for OrdersError {
    fn from(error: DatabaseError) -> OrdersError {
        match error {
            DatabaseError::Full => OrdersError::Full,
            DatabaseError::Failed(said) => OrdersError::Failed(said),
        }
    }
}

impl From<DatabaseError> for StatementError {
    fn from(error: DatabaseError) -> StatementError {
        match error {
            DatabaseError::Full => StatementError::Full,
            DatabaseError::Failed(said) => StatementError::Failed(said),
        }
    }
}

/// A connection, when there is one.
pub(super) struct Connection {
    url: DatabaseUrl,
    client: Option<Client>,
    used_at: Instant,
}

impl Connection {
    pub(super) fn new(url: &DatabaseUrl) -> Connection {
        Connection { url: url.clone(), client: None, used_at: Instant::now() }
    }

    /// The client, connected.
    pub(super) fn client(&mut self) -> Result<&mut Client, DatabaseError> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(connect(&self.url)?);
        }
        self.used_at = Instant::now();
        self.client.as_mut().ok_or_else(|| DatabaseError::Failed("not connected".to_owned()))
    }

    /// Does what may be done twice; once more when the connection turns out to be gone.
    pub(super) fn ask<T, E: From<DatabaseError>>(
        &mut self,
        mut work: impl FnMut(&mut Client) -> Result<T, E>,
    ) -> Result<T, E> {
        let was_open = self.is_open();
        let first = work(self.client()?);
        if first.is_ok() || !was_open || self.is_open() {
            return first;
        }
        work(self.client()?)
    }

    /// Whether what is known of this connection still holds.
    pub(super) fn is_open(&self) -> bool {
        self.client.as_ref().is_some_and(|client| !client.is_closed())
    }

    /// Whether the server has ended the connection while it stood still. It says so on the socket,
    /// and nobody reads that as long as nothing is asked.
    pub(super) fn has_ended(&mut self) -> bool {
        let Some(client) = &mut self.client else { return true };
        if !client.is_closed() {
            if self.used_at.elapsed() < RESTS {
                return false;
            }
            self.used_at = Instant::now();
            let heard = client.notifications().timeout_iter(LOOK_FOR).next();
            if heard.is_ok() && !client.is_closed() {
                return false;
            }
        }
        self.close();
        true
    }

    /// Gives the connection up, and whatever is its own: a transaction, a lock.
    pub(super) fn close(&mut self) {
        // A client waits for its end, which it must not do where futures are polled.
        if let Some(client) = self.client.take() {
            let closing = std::thread::Builder::new().spawn(move || drop(client));
            // Its panics concern nobody any more.
            let _ = closing.map(std::thread::JoinHandle::join);
        }
    }

    /// The same, and whatever was known of where it leads.
    pub(super) fn doubt(&mut self) {
        self.close();
        self.url.has_sessions.store(false, Ordering::Relaxed);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

fn connect(url: &DatabaseUrl) -> Result<Client, DatabaseError> {
    let away = |error: postgres::Error| {
        DatabaseError::Failed(format!("the database cannot be reached: {}", said(&error)))
    };
    let mut client = url.config.connect(NoTls).map_err(away)?;
    // Before anything is prepared or locked.
    if !has_sessions(url, &mut client).map_err(away)? {
        return Err(DatabaseError::Failed(pooler::IN_TRANSACTION_MODE.to_owned()));
    }
    client.batch_execute(SETTINGS).map_err(away)?;
    let mut transaction = client.transaction().map_err(away)?;
    schema::migrate(&mut transaction)?;
    transaction.commit().map_err(away)?;
    Ok(client)
}

/// Whether a connection to it has a session of its own.
pub(super) fn look(url: &DatabaseUrl) -> Result<bool, postgres::Error> {
    has_sessions(url, &mut url.config.connect(NoTls)?)
}

/// The same of this one; looked at once.
fn has_sessions(url: &DatabaseUrl, client: &mut Client) -> Result<bool, postgres::Error> {
    if url.has_sessions.load(Ordering::Relaxed) {
        return Ok(true);
    }
    let has_sessions = !pooler::is_in_transaction_mode(&url.config, client)?;
    url.has_sessions.store(has_sessions, Ordering::Relaxed);
    Ok(has_sessions)
}

pub(super) fn failure(error: postgres::Error) -> DatabaseError {
    if error.code() == Some(&SqlState::DISK_FULL) {
        DatabaseError::Full
    } else {
        DatabaseError::Failed(said(&error))
    }
}

/// What the server said; the error itself only says that it said something.
fn said(error: &postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => said.to_string(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// A position, sequence or offset as PostgreSQL's bigint.
pub(super) fn bigint(number: u64) -> Result<i64, DatabaseError> {
    let out_of_range = |_| DatabaseError::Failed(format!("{number} is out of range"));
    i64::try_from(number).map_err(out_of_range)
}

/// A shard as PostgreSQL's smallint.
pub(super) fn smallint(shard: u16) -> Result<i16, DatabaseError> {
    let out_of_range = |_| DatabaseError::Failed(format!("shard {shard} is out of range"));
    i16::try_from(shard).map_err(out_of_range)
}
