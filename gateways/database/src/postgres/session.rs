//! The connection of a store that is asked all the time: bounded in time, patient with a database
//! that is started again, and alone where it writes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use postgres::error::{DbError, Severity, SqlState};
use postgres::types::ToSql;
use postgres::{Row, Statement};

use super::connection::{Connection, DatabaseError, failure};
use super::{DatabaseUrl, pooler};

/// No statement takes so long, and no transaction stands still so long, unless something is wrong.
/// A writer whose machine was lost is noticed by the server within half a minute, so that its lock
/// is free for the one that is started elsewhere.
const SETTINGS: &str = "
    SET statement_timeout = '10s';
    SET lock_timeout = '3s';
    SET idle_in_transaction_session_timeout = '10s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
";
/// Set apart from other programs' advisory locks in the same database.
const LOCK_CLASS: i32 = 0x4241_4e43;
/// How long a database that is away is waited for, so that one that is started again is no
/// failure. Shorter than whoever supervises the thread waits for it.
const PATIENCE: Duration = Duration::from_secs(3);
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Of which only one may write in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Orders,
    Statements,
}

impl Writer {
    fn lock(self) -> i32 {
        match self {
            Writer::Orders => 1,
            Writer::Statements => 2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Writer::Orders => "orders",
            Writer::Statements => "statements",
        }
    }
}

/// A connection and what was prepared on it.
pub(super) struct Session {
    connection: Connection,
    /// Whose lock it holds as long as it is open: whatever was asked on a connection that was lost
    /// is committed or undone before the next one is there, and nobody else writes in between.
    writer: Option<Writer>,
    statements: HashMap<&'static str, Statement>,
    /// Begins a transaction where the lock is held.
    begin: String,
    /// Since when the database could not be reached.
    away_since: Option<Instant>,
}

impl Session {
    /// Connects when it is asked something.
    pub(super) fn new(url: &DatabaseUrl, writer: Option<Writer>) -> Session {
        let connection = Connection::new(url);
        Session {
            connection,
            writer,
            statements: HashMap::new(),
            begin: String::new(),
            away_since: None,
        }
    }

    /// Does what may be done twice; once more when the connection turns out to be gone.
    pub(super) fn ask<T, E: From<DatabaseError>>(
        &mut self,
        mut work: impl FnMut(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.open()?;
        let first = work(self);
        if first.is_ok() || self.connection.is_open() {
            return first;
        }
        self.open()?;
        work(self)
    }

    /// Does all of it durably or nothing. After an error that is not `Full` nobody knows which.
    pub(super) fn transaction<T, E: From<DatabaseError>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        // Nothing was asked yet of a connection that was lost while it stood still.
        self.ask(Session::begin)?;
        let done = work(self).and_then(|done| {
            self.command("COMMIT")?;
            Ok(done)
        });
        if done.is_err() && self.command("ROLLBACK").is_err() {
            self.connection.close();
        }
        done
    }

    /// The rows that a statement finds.
    pub(super) fn query(
        &mut self,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, DatabaseError> {
        let statement = self.prepared(sql)?;
        let found = self.opened()?.query(&statement, values);
        self.noticed(found)
    }

    /// How many rows a statement changes.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<u64, DatabaseError> {
        let statement = self.prepared(sql)?;
        let changed = self.opened()?.execute(&statement, values);
        self.noticed(changed)
    }

    /// A pooler may have been told to give sessions away since it was looked at.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        let begin = self.begin.clone();
        let begun = self.opened()?.batch_execute(&begin);
        if begun.as_ref().is_err_and(pooler::is_another_session) {
            self.connection.doubt();
        }
        self.noticed(begun)
    }

    fn command(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let done = self.opened()?.batch_execute(sql);
        self.noticed(done)
    }

    fn prepared(&mut self, sql: &'static str) -> Result<Statement, DatabaseError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.opened()?.prepare(sql);
        let statement = self.noticed(prepared)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// A server that ends a connection says so in its last answer, and closes it a moment later.
    fn noticed<T>(&mut self, answer: Result<T, postgres::Error>) -> Result<T, DatabaseError> {
        answer.map_err(|error| {
            let severity = error.as_db_error().and_then(DbError::parsed_severity);
            if matches!(severity, Some(Severity::Fatal | Severity::Panic)) {
                self.connection.close();
            }
            failure(error)
        })
    }

    /// The connection that was opened; another one would not hold what was asked on it.
    fn opened(&mut self) -> Result<&mut postgres::Client, DatabaseError> {
        if !self.connection.is_open() {
            let lost = "the connection to the database is lost";
            return Err(DatabaseError::Failed(lost.to_owned()));
        }
        self.connection.client()
    }

    fn open(&mut self) -> Result<(), DatabaseError> {
        if self.connection.is_open() {
            return Ok(());
        }
        self.statements.clear();
        let since = *self.away_since.get_or_insert_with(Instant::now);
        while let Err(error) = self.connect() {
            self.connection.close();
            if since.elapsed() >= PATIENCE {
                return Err(error);
            }
            std::thread::park_timeout(RETRY_EVERY);
        }
        self.away_since = None;
        Ok(())
    }

    fn connect(&mut self) -> Result<(), DatabaseError> {
        let client = self.connection.client()?;
        client.batch_execute(SETTINGS)?;
        let session = pooler::session(client)?.unwrap_or_default();
        let row = client.query_one("SHOW server_encoding", &[])?;
        let encoding: &str = row.get(0);
        if encoding != "UTF8" {
            let other = format!("the database keeps texts as {encoding}; make one with UTF8");
            return Err(DatabaseError::Failed(other));
        }
        self.begin = pooler::begin_in(&session);
        let Some(writer) = self.writer else { return Ok(()) };
        let lock = "SELECT pg_advisory_lock($1, $2)";
        match client.execute(lock, &[&LOCK_CLASS, &writer.lock()]) {
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let other =
                    format!("another Bancada writes the {} in this database", writer.name());
                Err(DatabaseError::Failed(other))
            }
            locked => locked.map(drop).map_err(failure),
        }
    }
}
