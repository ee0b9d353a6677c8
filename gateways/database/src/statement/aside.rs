//! Sets a damaged file aside, and puts a new one in its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::SystemTime;

use bancada_extrato::ports::StoreError;
use rusqlite::{Connection, OpenFlags, Row, ToSql, params_from_iter, types::Value};

use super::schema::SCHEMA;
use super::{SqliteStatements, failure, not_opened};
use crate::log_scan::log_of;
use crate::row_sums;
use crate::sqlite::Synchronous;

/// What no feed can give again, with what its checksums are over.
const KEPT: [(&str, &str); 2] = [
    ("bill", "id, key, token, is_open, body"),
    ("dead_letter", "id, source_partition, source_offset, token, why, raw, is_handed_on"),
];

/// Renames the file, with its log, to one whose name says when it was last written to, and puts a
/// new one in its place with what the old one has that is whole and that no feed can give again.
/// Nobody has it open for writing.
pub(super) fn make_anew(statements: &SqliteStatements) -> Result<(), StoreError> {
    let path = &statements.path;
    let failed = |error: io::Error| StoreError::Failed(format!("{}: {error}", path.display()));
    // Closed first: SQLite removes the log, by its name, with the last connection.
    let mut reading = statements.reading.lock().unwrap_or_else(PoisonError::into_inner);
    *reading = None;
    let new = path.with_extension("new.sqlite3");
    for file in [&new, &log_of(&new)] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    let mut connection = SCHEMA.open(&new, Synchronous::Full).map_err(not_opened)?;
    let n_rows = take_over(path, &mut connection).map_err(failure)?;
    // So that all of it is in the file itself, and the log is gone.
    connection.close().map_err(|(_, error)| failure(error))?;
    let aside = free_name(path).map_err(failed)?;
    // The old file stays where it is until the new one takes its name: no crash leaves none. Its
    // log goes before, for it must never lie beside the new one.
    fs::hard_link(path, &aside).map_err(failed)?;
    let log = log_of(path);
    if log.exists() {
        fs::rename(&log, log_of(&aside)).map_err(failed)?;
    }
    let mut index = path.as_os_str().to_owned();
    index.push("-shm");
    let _ = fs::remove_file(index);
    fs::rename(&new, path).map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let synced = fs::File::open(folder.unwrap_or(Path::new("."))).and_then(|it| it.sync_all());
    synced.map_err(failed)?;
    let (file, aside) = (path.display().to_string(), aside.display().to_string());
    tracing::warn!(
        file,
        aside,
        n_rows,
        "the statements are damaged: the file is set aside, and they are rebuilt from the bank; \
         bills and dead letters that are whole were taken over"
    );
    Ok(())
}

/// `statement.damaged-SECONDS.sqlite3`, which is not there yet; the seconds are those since 1970
/// at which the file was last written to.
fn free_name(path: &Path) -> io::Result<PathBuf> {
    let written = fs::metadata(path)?.modified()?.duration_since(SystemTime::UNIX_EPOCH);
    let mut seconds = written.map_or(0, |written| written.as_secs());
    loop {
        let name = path.with_extension(format!("damaged-{seconds}.sqlite3"));
        if !name.exists() {
            return Ok(name);
        }
        seconds += 1;
    }
}

/// Copies what is whole; how many rows that was. Whatever cannot be read is left behind.
fn take_over(from: &Path, to: &mut Connection) -> rusqlite::Result<usize> {
    let mut n_rows = 0;
    let transaction = to.transaction()?;
    for (table, columns) in KEPT {
        // From both ends: a page that cannot be read ends each.
        for order in ["ASC", "DESC"] {
            let rows = match whole_rows(from, table, columns, order) {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(%error, table, "nothing is taken over from damaged statements");
                    continue;
                }
            };
            let places: Vec<_> =
                (1..=columns.split(',').count()).map(|n| format!("?{n}")).collect();
            let places = places.join(", ");
            let sql = format!(
                "INSERT INTO {table} ({columns}, checksum)
                 VALUES ({places}, row_sum('{table}', {places})) ON CONFLICT DO NOTHING"
            );
            let mut insert = transaction.prepare(&sql)?;
            for row in rows {
                n_rows +=
                    insert.execute(params_from_iter(row.iter().map(|it| it as &dyn ToSql)))?;
            }
        }
    }
    transaction.commit()?;
    Ok(n_rows)
}

/// The rows of a table that are what was written, as far as it can be read.
fn whole_rows(
    from: &Path,
    table: &str,
    columns: &str,
    order: &str,
) -> rusqlite::Result<Vec<Vec<Value>>> {
    // Not read-only: what is in the log counts, and is only then in its index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    row_sums::register(&connection)?;
    let sql = format!(
        "SELECT {columns}, checksum = row_sum('{table}', {columns}) FROM {table}
         ORDER BY id {order}"
    );
    let mut statement = connection.prepare(&sql)?;
    let n_columns = statement.column_count() - 1;
    let values = |row: &Row<'_>| -> rusqlite::Result<Option<Vec<Value>>> {
        let is_whole: bool = row.get(n_columns)?;
        let values = (0..n_columns).map(|n| row.get(n)).collect::<rusqlite::Result<_>>();
        is_whole.then_some(values).transpose()
    };
    let (mut rows, mut whole) = (statement.query(())?, Vec::new());
    while let Ok(Some(row)) = rows.next() {
        whole.extend(values(row).ok().flatten());
    }
    Ok(whole)
}
