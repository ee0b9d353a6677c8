//! The Bank's journal in SQLite: one row per group commit.
//!
//! `id` is the shard in the high bits and the position of the record's first entry in the low
//! ones, so that a commit appends to the end of one B-tree. A power cut in the middle of a commit
//! is SQLite's to undo: a record is there whole or not at all, and a damaged one is damage, at
//! the end of the journal as in its middle.

mod checkpoints;
mod mark;
mod salvage;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{EventHistory, JournalError, JournalOpener, JournalStore};
use bancada_bank::proof::{Knowledge, Looked, Witness, judge};
use rusqlite::{Connection, params};

use crate::journal::checkpoints::Checkpoints;
use crate::log_scan;
use crate::row_sums;
use crate::sqlite::{OpenError, Schema, Synchronous, is_full};
use bancada_record;
use bancada_record::Replay;

const SCHEMA: Schema = Schema {
    store: "journal",
    // "BNCJ"
    application_id: 0x424E_434A,
    steps: &["
        CREATE TABLE record (
            id     INTEGER PRIMARY KEY,
            record BLOB NOT NULL
        ) STRICT;
        CREATE TABLE room (
            id     INTEGER PRIMARY KEY,
            filler BLOB NOT NULL
        ) STRICT;
    "],
};

pub use mark::FileMark;
pub use salvage::Salvage;

/// Bits of an id that hold the position: enough for 10,000 payments per second for 440 years.
const POSITION_BITS: u32 = 47;
/// Room that must be there before payments are accepted again.
const PROBE_BYTES: i32 = 256 * 1024;

/// Where a shard's journal is.
#[derive(Clone, Debug)]
pub struct SqliteJournal {
    path: PathBuf,
    shard: u16,
    /// A quota in bytes; the disk itself is the limit otherwise.
    max_bytes: Option<u64>,
}

impl SqliteJournal {
    /// A journal in this file.
    pub fn new(path: &Path, shard: u16, max_bytes: Option<u64>) -> SqliteJournal {
        SqliteJournal { path: path.to_owned(), shard, max_bytes }
    }

    fn connect(&self) -> Result<Connection, OpenError> {
        let connection = SCHEMA.open(&self.path, Synchronous::Full)?;
        if let Some(max_bytes) = self.max_bytes {
            let limit = limit_size(&connection, max_bytes);
            limit.map_err(|cause| OpenError::of(&self.path, cause))?;
        }
        Ok(connection)
    }

    /// Looks into the journal's log before anybody opens the journal: SQLite leaves away what is
    /// behind a damage, and writes over it. An error is a loss of commits that were synced.
    pub fn examine_log(&self) -> Result<(), JournalError> {
        let log = log_scan::log_of(&self.path).display().to_string();
        let unreadable = |error| JournalError::Failed(format!("{log} cannot be read: {error}"));
        let knows = match log_scan::has_later_commit(&self.path).map_err(unreadable)? {
            true => vec![Witness { who: log, knows: Knowledge::LaterCommit }],
            false => Vec::new(),
        };
        Ok(judge(&Looked::UNOPENED, &knows)?)
    }

    /// Opens the journal for reading what is committed, beside its writer.
    pub fn history(&self) -> Result<SqliteHistory, OpenError> {
        let connection = Mutex::new(SCHEMA.open_reader(&self.path)?);
        Ok(SqliteHistory { connection, shard: self.shard })
    }
}

fn limit_size(connection: &Connection, max_bytes: u64) -> rusqlite::Result<()> {
    let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = u32::try_from(max_bytes / u64::from(page)).unwrap_or(u32::MAX);
    connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
}

impl JournalOpener for SqliteJournal {
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError> {
        let failed = |error: OpenError| match error.is_damage() {
            true => JournalError::Damaged(error.to_string()),
            false => JournalError::Failed(error.to_string()),
        };
        let connection = self.connect().map_err(failed)?;
        let copier = SCHEMA.open(&self.path, Synchronous::Full).map_err(failed)?;
        let checkpoints = Checkpoints::start(&self.path, &connection, copier).map_err(failed)?;
        Ok(Box::new(Store { connection, checkpoints, shard: self.shard, is_found_durable: false }))
    }
}

struct Store {
    connection: Connection,
    checkpoints: Checkpoints,
    shard: u16,
    /// Whether what was found at the opening has been made durable.
    is_found_durable: bool,
}

impl Store {
    /// What is found may be in the system's memory only: the process before this one may have
    /// ended between the write of a commit and its sync, or by a sync that failed, after which
    /// another sync does nothing. It must not be told to anybody before a checkpoint has written
    /// it a second time and synced that.
    fn make_found_durable(&mut self) -> Result<(), JournalError> {
        if self.is_found_durable {
            return Ok(());
        }
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy = match self.connection.query_row(checkpoint, (), |row| row.get(0)) {
            Ok(is_busy) => is_busy,
            // The log is synced before anything is copied out of it, and reading goes on while
            // payments are refused.
            Err(error) if is_full(&error) => false,
            Err(error) => return Err(failure(error)),
        };
        if is_busy {
            let what = "somebody else reads the journal's file and does not let go of it";
            return Err(JournalError::Failed(what.to_owned()));
        }
        self.is_found_durable = true;
        Ok(())
    }
}

impl JournalStore for Store {
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        self.make_found_durable()?;
        read(&self.connection, self.shard, after, |entry| {
            each(entry);
            true
        })
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let id = id(self.shard, first.event.position)?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO record (id, record) VALUES (?1, ?2)")
            .map_err(failure)?;
        let record = bancada_record::encode(entries);
        // A statement of its own is a transaction of its own: committed and synced on return.
        insert.execute(params![id, record]).map_err(failure)?;
        self.checkpoints.committed(&self.connection, record.len());
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        let tried = self
            .connection
            // A row that an earlier probe had no room to delete counts as room; a second insert
            // would fail for ever.
            .execute(
                "INSERT OR IGNORE INTO room (id, filler) VALUES (1, zeroblob(?1))",
                [PROBE_BYTES],
            )
            .and_then(|_| self.connection.execute("DELETE FROM room", ()));
        tried.is_ok()
    }
}

/// Reads the past of a journal.
pub struct SqliteHistory {
    connection: Mutex<Connection>,
    shard: u16,
}

impl EventHistory for SqliteHistory {
    fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = Vec::new();
        read(&connection, self.shard, after, |entry| {
            entries.push(entry);
            entries.len() < limit
        })?;
        Ok(entries)
    }
}

/// Hands over every entry after `after` until `each` has enough.
fn read(
    connection: &Connection,
    shard: u16,
    after: u64,
    mut each: impl FnMut(Entry) -> bool,
) -> Result<(), JournalError> {
    // The record that holds the next entry may begin before it.
    let mut records = connection
        .prepare_cached(
            "SELECT id, record FROM record
             WHERE id <= ?3 AND id >= coalesce(
                 (SELECT max(id) FROM record WHERE id BETWEEN ?1 AND ?2), ?1)
             ORDER BY id",
        )
        .map_err(failure)?;
    let bounds = params![
        id(shard, 0)?,
        id(shard, after.saturating_add(1))?,
        id(shard, (1 << POSITION_BITS) - 1)?
    ];
    let mut rows = records.query(bounds).map_err(failure)?;
    let mut replay = Replay::after(after);
    while let Some(row) = rows.next().map_err(failure)? {
        let id: i64 = row.get(0).map_err(failure)?;
        let first = id.unsigned_abs() & ((1 << POSITION_BITS) - 1);
        let bytes = row.get_ref(1).and_then(|value| Ok(value.as_blob()?)).map_err(failure)?;
        if !replay.read(first, bytes, &mut each)? {
            break;
        }
    }
    Ok(())
}

fn id(shard: u16, position: u64) -> Result<i64, JournalError> {
    let out_of_range = || JournalError::Failed(format!("position {position} is out of range"));
    if position >> POSITION_BITS != 0 || shard >> 15 != 0 {
        return Err(out_of_range());
    }
    let position = i64::try_from(position).map_err(|_| out_of_range())?;
    Ok(i64::from(shard) << POSITION_BITS | position)
}

fn failure(error: rusqlite::Error) -> JournalError {
    if is_full(&error) {
        JournalError::Full
    } else if row_sums::is_damage(&error) {
        JournalError::Damaged(error.to_string())
    } else {
        JournalError::Failed(error.to_string())
    }
}
