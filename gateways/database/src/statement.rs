//! Statements in SQLite: rows, offsets and sequences in one file and one transaction.

mod aside;
mod reader;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bancada_extrato::ports::{
    BankCard, Offsets, Reached, SourceRecord, StatementStore, StatementStoreOpener, StoreError,
};
use bancada_extrato::statement::{
    Applied, BillOutcome, BillPayment, DeadLetter, HeldCard, StatementLine, fold, hold_behind,
    release, searchable, settle_bill,
};
use bancada_kernel::{CardToken, EventHash, Timestamp};
use rusqlite::{Connection, params};

use crate::row_sums;
use crate::sqlite::{OpenError, Synchronous, is_full};

pub use reader::SqliteStatementReader;
pub(crate) use reader::pattern;
use reader::{bill, dead_letter, dead_letters, read_all};
use rows::{OpenTransaction, find_bill, insert_bill, place};
use schema::{SCHEMA, SUMMED};

/// What the file is called in the folder of its service.
pub const FILE: &str = "statement.sqlite3";

/// How far statements in a file have seen the Bank's journals; nothing where there is no file. Its
/// writer may be at work, and nothing is changed.
pub fn reached_in(path: &Path) -> Result<Vec<Reached>, OpenError> {
    let Some(connection) = SCHEMA.look_into(path)? else { return Ok(Vec::new()) };
    let version = row_sums::schema_version(&connection);
    let found = match version.map_err(|error| OpenError::of(path, error))? {
        Some(_) => reached(&connection, REACHED),
        // An earlier version kept no checksums, and before that no hashes.
        None => reached(&connection, "SELECT position, event FROM reached")
            .or_else(|_| reached(&connection, "SELECT position, 0 FROM reached")),
    };
    found.map_err(|error| OpenError::unreadable(path, &error))
}

/// The lines of statements in a file for which money moved, as far as they are whole; nothing where
/// there is no file. Nothing is changed.
pub fn moved_in(path: &Path) -> Result<Vec<StatementLine>, OpenError> {
    let Some(connection) = SCHEMA.look_into(path)? else { return Ok(Vec::new()) };
    let read = || -> rusqlite::Result<Vec<StatementLine>> {
        let kinds = "kind IN ('purchase', 'refund', 'bill_payment')";
        let mut lines = connection.prepare(&format!("SELECT body FROM line WHERE {kinds}"))?;
        let bodies = lines.query_map((), |row| row.get::<_, String>(0))?;
        Ok(bodies.map_while(Result::ok).filter_map(|body| decode(&body).ok()).collect())
    };
    read().map_err(|error| OpenError::of(path, error))
}

const REACHED: &str = "
    SELECT checked(position, checksum, 'reached', shard, position, event), event FROM reached";

/// Where the statements are.
#[derive(Clone, Debug)]
pub struct SqliteStatements {
    path: PathBuf,
    /// What reads beside the writer; closed while another file is put in this one's place, and
    /// opened again by whoever reads next.
    reading: Arc<Mutex<Option<Connection>>>,
}

impl SqliteStatements {
    /// Statements in this file.
    pub fn new(path: &Path) -> SqliteStatements {
        SqliteStatements { path: path.to_owned(), reading: Arc::default() }
    }

    /// Opens the statements for reading, beside their writer. Where they are damaged they can be
    /// read once the writer has made them anew.
    pub fn reader(&self) -> Result<SqliteStatementReader, OpenError> {
        match SCHEMA.open_reader(&self.path) {
            Ok(connection) => {
                *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
            }
            Err(error) if error.is_damage() => {
                tracing::warn!(%error, "the statements cannot be read yet");
            }
            Err(error) => return Err(error),
        }
        Ok(SqliteStatementReader { statements: self.clone() })
    }

    /// Begins anew with what nobody has answered yet, and sets what was there aside: the Bank has
    /// another past now. Nobody has the file open. The result is where the old one is; `None`
    /// where there was none.
    pub fn begin_anew(&self) -> Result<Option<PathBuf>, StoreError> {
        if !self.path.exists() {
            return Ok(None);
        }
        // An earlier version's tables become today's first; damaged ones are begun anew as well.
        if let Err(error) = self.connect() {
            tracing::warn!(%error, "of the statements only what can be read is taken over");
        }
        aside::make_anew(self, aside::UNANSWERED).map(Some)
    }

    fn connect(&self) -> Result<Store, StoreError> {
        // Normal: offsets are committed with the rows, so that a power cut, which may undo the
        // latest commits as wholes, only makes the source deliver them again.
        let connection = SCHEMA.open(&self.path, Synchronous::Normal).map_err(not_opened)?;
        Ok(Store { connection })
    }
}

impl StatementStoreOpener for SqliteStatements {
    fn open(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        Ok(Box::new(self.connect()?))
    }

    fn examine(&self, pause: &mut dyn FnMut()) -> Result<(), StoreError> {
        let mut connection = SCHEMA.open_reader(&self.path).map_err(not_opened)?;
        row_sums::examine(&mut connection, SUMMED, pause).map_err(failure)
    }

    fn open_anew(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        aside::make_anew(self, aside::WITHOUT_A_FEED)?;
        self.open()
    }
}

fn not_opened(error: OpenError) -> StoreError {
    match error.is_damage() {
        true => StoreError::Damaged(error.to_string()),
        false => StoreError::Failed(error.to_string()),
    }
}

struct Store {
    connection: Connection,
}

impl StatementStore for Store {
    fn apply(&mut self, records: &[SourceRecord], now: Timestamp) -> Result<Applied, StoreError> {
        let transaction = self.connection.transaction().map_err(failure)?;
        let mut rows = OpenTransaction(transaction);
        let applied = fold(&mut rows, records, now)?;
        rows.0.commit().map_err(failure)?;
        Ok(applied)
    }

    fn offsets(&mut self) -> Result<Offsets, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT source_partition, checked(source_offset, checksum, 'source',
                                                  source_partition, source_offset)
                 FROM source",
            )
            .map_err(failure)?;
        let rows =
            statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).map_err(failure)?;
        let offsets = rows.map(|row| {
            let (partition, offset): (u32, i64) = row.map_err(failure)?;
            Ok((partition, offset.unsigned_abs()))
        });
        Ok(Offsets(offsets.collect::<Result<BTreeMap<_, _>, StoreError>>()?))
    }

    fn held(&mut self) -> Result<Vec<HeldCard>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT held.token,
                    CASE WHEN card.token IS NULL THEN 0
                         ELSE checked(card.position, card.checksum, 'card', card.token, holder,
                                      masked_number, card.position, body) END,
                    checked(needed_sequence, held.checksum, 'held', held.token, needed_sequence)
                 FROM held LEFT JOIN card USING (token)",
            )
            .map_err(failure)?;
        let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let rows = statement.query_map((), columns).map_err(failure)?;
        rows.map(|row| {
            let (token, position, needed): (String, i64, i64) = row.map_err(failure)?;
            Ok(HeldCard {
                token: read_token(&token)?,
                position: position.unsigned_abs(),
                needed_sequence: needed.unsigned_abs(),
            })
        })
        .collect()
    }

    fn release(&mut self, found: &[HeldCard]) -> Result<u64, StoreError> {
        let transaction = self.connection.transaction().map_err(failure)?;
        let mut rows = OpenTransaction(transaction);
        let n_held = release(&mut rows, found)?;
        rows.0.commit().map_err(failure)?;
        Ok(n_held)
    }

    fn hold_behind(&mut self, cards: &[BankCard]) -> Result<u64, StoreError> {
        let transaction = self.connection.transaction().map_err(failure)?;
        let mut rows = OpenTransaction(transaction);
        let n_behind = hold_behind(&mut rows, cards)?;
        rows.0.commit().map_err(failure)?;
        Ok(n_behind)
    }

    fn progress(&mut self) -> Result<Vec<Reached>, StoreError> {
        reached(&self.connection, REACHED)
    }

    fn keep_bill(&mut self, payment: &BillPayment) -> Result<Option<BillPayment>, StoreError> {
        if let Some(known) = find_bill(&self.connection, payment.key.as_str())? {
            return Ok(Some(known));
        }
        // Whoever asked for it is told that it is kept: nothing delivers it a second time.
        let durably = |connection: &Connection, level| {
            connection.pragma_update(None, "synchronous", level).map_err(failure)
        };
        durably(&self.connection, "FULL")?;
        let kept = insert_bill(&self.connection, payment);
        durably(&self.connection, "NORMAL")?;
        kept.map(|()| None)
    }

    fn settle_bill(&mut self, answered: &BillPayment) -> Result<(), StoreError> {
        let transaction = self.connection.transaction().map_err(failure)?;
        let mut rows = OpenTransaction(transaction);
        settle_bill(&mut rows, answered.clone())?;
        rows.0.commit().map_err(failure)
    }

    fn discard_dead_letter(&mut self, id: u64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM dead_letter WHERE id = ?1";
        let n_rows = self.connection.execute(sql, [integer(id)?]).map_err(failure)?;
        Ok(n_rows > 0)
    }

    fn waiting_dead_letters(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let sql = concat!(dead_letter!(), " WHERE NOT is_handed_on ORDER BY id LIMIT ?1");
        dead_letters(&self.connection, sql, [i64::try_from(limit).unwrap_or(i64::MAX)])
    }

    fn handed_on(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        let (partition, offset) = place(letter.at)?;
        let sql = "UPDATE dead_letter SET is_handed_on = 1,
                 checksum = row_sum('dead_letter', id, source_partition, source_offset, token, why,
                                    raw, 1)
             WHERE id = ?1 AND source_partition IS ?2 AND source_offset IS ?3
               AND checked(1, checksum, 'dead_letter', id, source_partition, source_offset, token,
                           why, raw, is_handed_on)";
        let changed = params![integer(letter.id)?, partition, offset];
        self.connection.execute(sql, changed).map(drop).map_err(failure)
    }

    fn open_bills(&mut self) -> Result<Vec<BillPayment>, StoreError> {
        read_all(&self.connection, concat!(bill!(), " WHERE is_open ORDER BY id"), ())
    }
}

fn reached(connection: &Connection, sql: &str) -> Result<Vec<Reached>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failure)?;
    let rows = statement.query_map((), |row| {
        let (position, event): (i64, i64) = (row.get(0)?, row.get(1)?);
        let event = EventHash::new(event.cast_unsigned());
        Ok(Reached { position: position.unsigned_abs(), event })
    });
    rows.map_err(failure)?.collect::<Result<_, _>>().map_err(failure)
}

/// The hash of an event as a database's integer; 0 for none.
pub(crate) fn hash_number(event: Option<EventHash>) -> i64 {
    event.map_or(0, |event| event.get().cast_signed())
}

/// What a line is searched by. No search is for two lines of text, so none is found across the
/// break.
pub(crate) fn searched(line: &StatementLine) -> String {
    searchable(&without_zeros(&format!("{}\n{}", line.store, line.description)))
}

/// What a database can search and sort by: a zero would be the end of a text to SQLite, and to
/// PostgreSQL none at all. What is shown is in the bodies, where JSON writes a zero in another way.
pub(crate) fn without_zeros(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

pub(crate) fn is_open(payment: &BillPayment) -> bool {
    payment.outcome == BillOutcome::Pending
}

pub(crate) fn read_token(text: &str) -> Result<CardToken, StoreError> {
    CardToken::parse(text).map_err(|error| StoreError::Failed(error.to_string()))
}

/// A position, sequence or offset as a database's integer.
pub(crate) fn integer(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Failed(format!("{number} is out of range")))
}

pub(crate) fn encode<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

pub(crate) fn decode<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    let damaged = |error| StoreError::Damaged(format!("a stored row cannot be read: {error}"));
    serde_json::from_str(body).map_err(damaged)
}

fn failure(error: rusqlite::Error) -> StoreError {
    match error {
        error if is_full(&error) => StoreError::Full,
        error if row_sums::is_damage(&error) => StoreError::Damaged(error.to_string()),
        error => StoreError::Failed(error.to_string()),
    }
}
