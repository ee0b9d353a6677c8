//! The Bank's journal in PostgreSQL: one row per group commit, one statement per commit.
//!
//! Every commit checks, inside its own statement, that no other Bank has taken the shard over: it
//! shares the row that says whose the shard is, so that a takeover waits for the commit or the
//! commit sees the takeover.

use std::sync::{Mutex, PoisonError};

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{EventHistory, JournalError, JournalOpener, JournalStore};
use bancada_kernel::ShardCount;
use postgres::{Client, Statement};

use super::DatabaseUrl;
use super::connection::{Connection, DatabaseError, bigint, failure, smallint};
use bancada_record;
use bancada_record::Replay;

/// The first fingerprint and number stay; an update that changes nothing returns them.
const CLAIM: &str = "
    INSERT INTO bancada.vault AS known (id, fingerprint, n_shards) VALUES (1, $1, $2)
    ON CONFLICT (id) DO UPDATE SET fingerprint = known.fingerprint
    RETURNING fingerprint, n_shards";
const TAKE_OVER: &str = "
    INSERT INTO bancada.journal_epoch AS known (shard, epoch) VALUES ($1, 1)
    ON CONFLICT (shard) DO UPDATE SET epoch = known.epoch + 1
    RETURNING epoch";
/// After a connection that ended: if nobody has taken it over since.
const TAKE_BACK: &str = "
    UPDATE bancada.journal_epoch SET epoch = epoch + 1 WHERE shard = $1 AND epoch = $2
    RETURNING epoch";
const APPEND: &str = "
    WITH mine AS MATERIALIZED (
        SELECT FROM bancada.journal_epoch WHERE shard = $1 AND epoch = $2 FOR SHARE
    )
    INSERT INTO bancada.journal_record (shard, first_position, record)
    SELECT $1, $3, $4 FROM mine";
/// The record that holds a position may begin before it.
const READ: &str = "
    SELECT first_position, record FROM bancada.journal_record
    WHERE shard = $1 AND first_position >= coalesce(
        (SELECT max(first_position) FROM bancada.journal_record
         WHERE shard = $1 AND first_position <= $2), 0)
    ORDER BY first_position
    LIMIT 64";
const TAKEN_OVER: &str = "another bank has taken the journal over";
/// Room that must be there before payments are accepted again.
const PROBE_BYTES: usize = 256 * 1024;

/// Where a shard's journal is.
#[derive(Clone, Debug)]
pub struct PostgresJournal {
    url: DatabaseUrl,
    shard: u16,
}

impl PostgresJournal {
    /// A journal in this database.
    pub fn new(url: &DatabaseUrl, shard: u16) -> PostgresJournal {
        PostgresJournal { url: url.clone(), shard }
    }

    /// Says with which key the tokens in this database are made, and into how many shards its
    /// cards are divided; an error if it was made with others, or cannot be reached.
    pub fn claim(&self, fingerprint: [u8; 32], shards: ShardCount) -> Result<(), JournalError> {
        let mut connection = Connection::new(&self.url);
        let n_shards = smallint(shards.get())?;
        let row = connection
            .client()?
            .query_one(CLAIM, &[&fingerprint.as_slice(), &n_shards])
            .map_err(failure)?;
        if row.get::<_, &[u8]>(0) != fingerprint {
            let other = "the cards in the database have tokens of another vault key";
            return Err(JournalError::Failed(other.to_owned()));
        }
        let found: i16 = row.get(1);
        if found != n_shards {
            let other = format!("the database has {found} shards; start the bank with as many");
            return Err(JournalError::Failed(other));
        }
        Ok(())
    }

    /// Reads what is committed, beside the writer; connects when it is asked something.
    pub fn history(&self) -> PostgresHistory {
        let connection = Mutex::new(Connection::new(&self.url));
        PostgresHistory { connection, shard: self.shard }
    }
}

impl JournalOpener for PostgresJournal {
    /// The database is asked for the first time when the journal is replayed.
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError> {
        let connection = Connection::new(&self.url);
        Ok(Box::new(Store { connection, shard: smallint(self.shard)?, epoch: None, append: None }))
    }
}

struct Store {
    connection: Connection,
    shard: i16,
    /// The epoch with which it took the shard over last.
    epoch: Option<i64>,
    /// Of the connection that took it over; another one has to take it back first.
    append: Option<Statement>,
}

/// Why a shard is not taken.
enum NotTaken {
    Away(DatabaseError),
    TakenOver,
}

impl From<NotTaken> for JournalError {
    fn from(why: NotTaken) -> JournalError {
        match why {
            NotTaken::Away(error) => error.into(),
            NotTaken::TakenOver => JournalError::Failed(TAKEN_OVER.to_owned()),
        }
    }
}

impl From<DatabaseError> for NotTaken {
    fn from(error: DatabaseError) -> NotTaken {
        NotTaken::Away(error)
    }
}

impl Store {
    fn is_taken(&self) -> bool {
        self.connection.is_open() && self.append.is_some()
    }

    /// Nothing is appended by another Bank after this.
    fn take(&mut self) -> Result<(), NotTaken> {
        self.append = None;
        let client = self.connection.client()?;
        let row = match self.epoch {
            None => client.query_one(TAKE_OVER, &[&self.shard]).map_err(failure)?,
            Some(epoch) => client
                .query_opt(TAKE_BACK, &[&self.shard, &epoch])
                .map_err(failure)?
                .ok_or(NotTaken::TakenOver)?,
        };
        self.epoch = Some(row.get(0));
        self.append = Some(client.prepare(APPEND).map_err(failure)?);
        Ok(())
    }
}

impl JournalStore for Store {
    /// Takes the shard over first: nothing is appended by another Bank after it is read.
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        if !self.is_taken() {
            self.take()?;
        }
        read(self.connection.client()?, self.shard, after, &mut |entry| {
            each(entry);
            true
        })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let first = bigint(first.event.position)?;
        let lost = || JournalError::Failed("the connection to the database is lost".to_owned());
        // Another connection would be another Bank: what this one decided may not fit any more.
        let append = self.append.as_ref().filter(|_| self.connection.is_open()).ok_or_else(lost)?;
        let record = bancada_record::encode(entries);
        let n_rows = self
            .connection
            .client()?
            .execute(append, &[&self.shard, &self.epoch, &first, &record])
            .map_err(failure)?;
        if n_rows == 0 {
            return Err(NotTaken::TakenOver.into());
        }
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        let is_taken = self.is_taken();
        let mut probe = || {
            let mut transaction = self.connection.client()?.transaction().map_err(failure)?;
            let filler = vec![0_u8; PROBE_BYTES];
            let insert = "INSERT INTO bancada.journal_room (filler) VALUES ($1)";
            transaction.execute(insert, &[&filler]).map_err(failure)?;
            transaction.rollback().map_err(failure)
        };
        is_taken && probe().is_ok()
    }

    fn has_ended(&mut self) -> bool {
        self.append.is_some() && self.connection.has_ended()
    }

    fn resume(&mut self) -> Result<bool, JournalError> {
        match self.take() {
            Ok(()) => Ok(true),
            Err(NotTaken::Away(error)) => {
                tracing::debug!(?error, "the database of the journal is away");
                Ok(false)
            }
            Err(taken_over @ NotTaken::TakenOver) => Err(taken_over.into()),
        }
    }
}

/// Reads the past of a journal.
pub struct PostgresHistory {
    connection: Mutex<Connection>,
    shard: u16,
}

impl EventHistory for PostgresHistory {
    fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let shard = smallint(self.shard)?;
        connection.ask(|client| {
            let mut entries = Vec::new();
            read(client, shard, after, &mut |entry| {
                entries.push(entry);
                entries.len() < limit
            })?;
            Ok(entries)
        })
    }
}

/// Hands over every entry after `after` until `each` has enough.
fn read(
    client: &mut Client,
    shard: i16,
    after: u64,
    each: &mut dyn FnMut(Entry) -> bool,
) -> Result<(), JournalError> {
    let statement = client.prepare(READ).map_err(failure)?;
    let mut replay = Replay::after(after);
    let mut next = after.saturating_add(1);
    loop {
        let rows = client.query(&statement, &[&shard, &bigint(next)?]).map_err(failure)?;
        let mut is_end = true;
        for row in &rows {
            let first = row.get::<_, i64>(0).unsigned_abs();
            // The last record of the page before is found again.
            if replay.expected().is_some_and(|expected| first < expected) {
                continue;
            }
            is_end = false;
            if !replay.read(first, row.get(1), each)? {
                return Ok(());
            }
        }
        match replay.expected() {
            Some(expected) if !is_end => next = expected,
            _ => return Ok(()),
        }
    }
}
