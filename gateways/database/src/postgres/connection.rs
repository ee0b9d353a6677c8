//! A connection that is made when it is needed, and made again after it failed.

use std::time::Duration;

use bancada_bank::ports::JournalError;
use postgres::error::SqlState;
use postgres::{Client, NoTls, Transaction};

use super::DatabaseUrl;

pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Step N leads from version N to N + 1. Never edited, only added to.
const STEPS: [&str; 3] = [
    "
    -- Which key the tokens in here were made with.
    CREATE TABLE bancada.vault (
        id          smallint PRIMARY KEY CHECK (id = 1),
        fingerprint bytea NOT NULL
    );
    -- One row per group commit. A position is written once.
    CREATE TABLE bancada.journal_record (
        shard          smallint NOT NULL,
        first_position bigint   NOT NULL,
        record         bytea    NOT NULL,
        PRIMARY KEY (shard, first_position)
    );
    -- Who may write a shard: the Bank that raised its epoch last.
    CREATE TABLE bancada.journal_epoch (
        shard smallint PRIMARY KEY,
        epoch bigint   NOT NULL
    );
    CREATE TABLE bancada.journal_room (filler bytea NOT NULL);
    CREATE TABLE bancada.delivery (
        shard    smallint PRIMARY KEY,
        position bigint   NOT NULL
    );
",
    "
    -- One row per frame of a snapshot of the ledger.
    CREATE TABLE bancada.snapshot (
        shard    smallint NOT NULL,
        position bigint   NOT NULL,
        number   bigint   NOT NULL,
        content  bytea    NOT NULL,
        PRIMARY KEY (shard, position, number)
    );
    -- Ids and checksums do not compress.
    ALTER TABLE bancada.snapshot ALTER COLUMN content SET STORAGE EXTERNAL;
",
    "
    -- Into how many shards the cards in here are divided.
    ALTER TABLE bancada.vault ADD COLUMN n_shards smallint NOT NULL DEFAULT 1;
",
];
/// Whoever migrates holds this lock; any number that nobody else takes.
const MIGRATION_LOCK: i64 = 0x42_414e_4341_4441;

/// A connection, when there is one.
pub(super) struct Connection {
    url: DatabaseUrl,
    client: Option<Client>,
}

impl Connection {
    pub(super) fn new(url: &DatabaseUrl) -> Connection {
        Connection { url: url.clone(), client: None }
    }

    /// The client, connected.
    pub(super) fn client(&mut self) -> Result<&mut Client, JournalError> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.client = Some(connect(&self.url)?);
        }
        self.client.as_mut().ok_or_else(|| JournalError::Failed("not connected".to_owned()))
    }

    /// Does what may be done twice; once more when the connection turns out to be gone.
    pub(super) fn ask<T>(
        &mut self,
        mut work: impl FnMut(&mut Client) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
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
}

impl Drop for Connection {
    /// A client waits for its end, which it must not do where futures are polled.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            let closing = std::thread::Builder::new().spawn(move || drop(client));
            // Its panics concern nobody any more.
            let _ = closing.map(std::thread::JoinHandle::join);
        }
    }
}

fn connect(url: &DatabaseUrl) -> Result<Client, JournalError> {
    let away = |error: postgres::Error| {
        JournalError::Failed(format!("the database cannot be reached: {}", said(&error)))
    };
    let mut client = url.0.connect(NoTls).map_err(away)?;
    // Whatever the server's default is: an answer means that the disk has it.
    client.batch_execute("SET synchronous_commit = on").map_err(away)?;
    let mut transaction = client.transaction().map_err(away)?;
    migrate(&mut transaction)?;
    transaction.commit().map_err(away)?;
    Ok(client)
}

fn migrate(transaction: &mut Transaction<'_>) -> Result<(), JournalError> {
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).map_err(failure)?;
    let first = "
        CREATE SCHEMA IF NOT EXISTS bancada;
        CREATE TABLE IF NOT EXISTS bancada.schema_version (version integer NOT NULL);
    ";
    transaction.batch_execute(first).map_err(failure)?;
    let row = transaction
        .query_opt("SELECT version FROM bancada.schema_version", &[])
        .map_err(failure)?;
    let found = row.map_or(0, |row| row.get::<_, i32>(0).unsigned_abs() as usize);
    if found > STEPS.len() {
        return Err(JournalError::Failed(format!(
            "the database has schema version {found}, and this program knows {}; run a newer \
             Bancada",
            STEPS.len()
        )));
    }
    for step in &STEPS[found..] {
        transaction.batch_execute(step).map_err(failure)?;
    }
    if found < STEPS.len() {
        let version = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
        transaction.execute("DELETE FROM bancada.schema_version", &[]).map_err(failure)?;
        transaction
            .execute("INSERT INTO bancada.schema_version (version) VALUES ($1)", &[&version])
            .map_err(failure)?;
    }
    Ok(())
}

pub(super) fn failure(error: postgres::Error) -> JournalError {
    if error.code() == Some(&SqlState::DISK_FULL) {
        JournalError::Full
    } else {
        JournalError::Failed(said(&error))
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

pub(super) fn bigint(number: u64) -> Result<i64, JournalError> {
    let out_of_range = |_| JournalError::Failed(format!("position {number} is out of range"));
    i64::try_from(number).map_err(out_of_range)
}

/// A shard as PostgreSQL's smallint.
pub(super) fn smallint(shard: u16) -> Result<i16, JournalError> {
    let out_of_range = |_| JournalError::Failed(format!("shard {shard} is out of range"));
    i16::try_from(shard).map_err(out_of_range)
}
