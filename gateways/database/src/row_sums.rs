//! Checksums of rows, and of tables.
//!
//! SQLite believes what it reads. So each row of a store in a file has a checksum over its table's
//! name and all its columns, which is held against the row whenever it is read; and each table has
//! the total of its rows' checksums, changed in the same transaction, which a scan is held
//! against: it tells of rows that are gone or doubled. PostgreSQL has checksums of its pages.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, OptionalExtension as _, ffi};

/// The table of totals, and what it says of the schema itself: SQLite's own version number and
/// application id have no checksum, and a damaged one would be taken for another program's.
macro_rules! row_totals {
    () => {
        "CREATE TABLE row_total (
            name     TEXT PRIMARY KEY,
            checksum INTEGER NOT NULL,
            n_rows   INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;"
    };
}
pub(crate) use row_totals;

/// Gives a table's rows their checksums, and the table its total, kept by triggers.
macro_rules! summed {
    ($table:literal, $columns:literal) => {
        concat!(
            "ALTER TABLE ",
            $table,
            " ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0; UPDATE ",
            $table,
            " SET checksum = row_sum('",
            $table,
            "', ",
            $columns,
            "); INSERT INTO row_total (name, checksum, n_rows) SELECT '",
            $table,
            "', coalesce(sum(checksum), 0), count(*) FROM ",
            $table,
            "; CREATE TRIGGER ",
            $table,
            "_added AFTER INSERT ON ",
            $table,
            " BEGIN UPDATE row_total SET checksum = checksum + NEW.checksum, n_rows = n_rows + 1
              WHERE name = '",
            $table,
            "'; END; CREATE TRIGGER ",
            $table,
            "_changed AFTER UPDATE ON ",
            $table,
            " BEGIN UPDATE row_total SET checksum = checksum + NEW.checksum - OLD.checksum
              WHERE name = '",
            $table,
            "'; END; CREATE TRIGGER ",
            $table,
            "_removed AFTER DELETE ON ",
            $table,
            " BEGIN UPDATE row_total SET checksum = checksum - OLD.checksum, n_rows = n_rows - 1
              WHERE name = '",
            $table,
            "'; END;"
        )
    };
}
pub(crate) use summed;

/// A table whose rows have checksums.
pub(crate) struct Summed {
    pub(crate) table: &'static str,
    /// What the checksums are over, in order.
    pub(crate) columns: &'static str,
}

/// Makes `row_sum(table, column...)` and `checked(value, checksum, table, column...)` known to a
/// connection. The second one gives its value, or fails the statement as SQLite does on a page
/// that is malformed.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("row_sum", -1, flags, |row| Ok(row_sum(row, 0)))?;
    connection.create_scalar_function("checked", -1, flags, |row| {
        if row.get_raw(1) == ValueRef::Integer(row_sum(row, 2)) {
            row.get::<Value>(0)
        } else {
            // With a text of ours SQLite would call it an error like any other.
            Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None))
        }
    })
}

/// The CRC-32C of the values from one on, each with its kind and its length.
fn row_sum(row: &Context<'_>, first: usize) -> i64 {
    let sum = (first..row.len()).fold(0, |sum, column| {
        let number;
        let (kind, bytes) = match row.get_raw(column) {
            ValueRef::Null => (0, &[][..]),
            ValueRef::Integer(value) => {
                number = value.to_le_bytes();
                (1, &number[..])
            }
            ValueRef::Real(value) => {
                number = value.to_le_bytes();
                (2, &number[..])
            }
            ValueRef::Text(bytes) => (3, bytes),
            ValueRef::Blob(bytes) => (4, bytes),
        };
        let mut head = [kind; 9];
        head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        crc32c::crc32c_append(crc32c::crc32c_append(sum, &head), bytes)
    });
    i64::from(sum)
}

/// An error that [`is_damage`].
pub(crate) fn damage(what: String) -> Error {
    Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(what))
}

/// Whether what was read is not what was written.
pub(crate) fn is_damage(error: &Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error {
        Error::SqliteFailure(cause, _) => matches!(cause.code, DatabaseCorrupt | NotADatabase),
        // Our own statements fit our own tables: what they do not fit is not what was written.
        Error::SqlInputError { .. }
        | Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => true,
        _ => false,
    }
}

/// The version of the schema as the totals have it; `None` where there are none.
pub(crate) fn schema_version(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let is_there = "SELECT 1 FROM sqlite_schema WHERE name = 'row_total'";
    if connection.query_row(is_there, (), |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let version = "SELECT checksum FROM row_total WHERE name = 'schema'";
    connection.query_row(version, (), |row| row.get(0)).optional()
}

/// Reads everything once, as it is at one moment: the rows, the totals, and SQLite's own order
/// among pages and indexes. `pause` is called every thousand rows.
pub(crate) fn examine(
    connection: &mut Connection,
    tables: &[Summed],
    mut pause: impl FnMut(),
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for Summed { table, columns } in tables {
        let sql = format!("SELECT row_sum('{table}', {columns}), checksum FROM {table}");
        let mut statement = transaction.prepare(&sql)?;
        let mut rows = statement.query(())?;
        let (mut total, mut n_rows) = (0_i64, 0_i64);
        while let Some(row) = rows.next()? {
            let (sum, kept): (i64, i64) = (row.get(0)?, row.get(1)?);
            if sum != kept {
                return Err(damage(format!("a row of {table} is not what was written")));
            }
            total = total.wrapping_add(sum);
            n_rows += 1;
            if n_rows % 1_000 == 0 {
                pause();
            }
        }
        let sql = "SELECT checksum, n_rows FROM row_total WHERE name = ?1";
        let kept = transaction.query_row(sql, [table], |row| Ok((row.get(0)?, row.get(1)?)));
        if kept.optional()? != Some((total, n_rows)) {
            return Err(damage(format!("{table} does not have the rows that were written")));
        }
    }
    pause();
    let said = "PRAGMA integrity_check(1)";
    match transaction.query_row(said, (), |row| row.get::<_, String>(0))? {
        said if said == "ok" => Ok(()),
        said => Err(damage(said)),
    }
}
