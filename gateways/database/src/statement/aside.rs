//! Sets a damaged file aside, and puts a new one in its place.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use bancada_extrato::ports::StoreError;
use rusqlite::{Connection, OpenFlags, Row, ToSql, params_from_iter, types::Value};

use super::schema::SCHEMA;
use super::{SqliteStatements, failure, not_opened};
use crate::replace::{put_in_place, remove_store};
use crate::row_sums;
use crate::sqlite::Synchronous;

/// What is taken over into new statements, with what its checksums are over, and which of it.
type Kept = (&'static str, &'static str, &'static str);
const BILL: &str = "id, key, token, is_open, body";
const DEAD_LETTER: &str = "id, source_partition, source_offset, token, why, raw, is_handed_on";

/// What no feed can give again.
pub(super) const WITHOUT_A_FEED: &[Kept] =
    &[("bill", BILL, "true"), ("dead_letter", DEAD_LETTER, "true")];

/// What nobody has answered yet. A Bank that lost events may have lost its answers as well, and a
/// topic that was made anew counts its records from the beginning.
pub(super) const UNANSWERED: &[Kept] = &[("bill", BILL, "is_open")];

/// Renames the file, with its log, to one whose name says when it was last written to, and puts a
/// new one in its place with what the old one has that is whole and is to be kept. Nobody has it
/// open for writing. The result is the old one's name.
pub(super) fn make_anew(
    statements: &SqliteStatements,
    kept: &[Kept],
) -> Result<PathBuf, StoreError> {
    let path = &statements.path;
    let failed = |error: io::Error| StoreError::Failed(format!("{}: {error}", path.display()));
    // Closed first: SQLite removes the log, by its name, with the last connection.
    let mut reading = statements.reading.lock().unwrap_or_else(PoisonError::into_inner);
    *reading = None;
    let new = path.with_extension("new.sqlite3");
    remove_store(&new).map_err(failed)?;
    let mut connection = SCHEMA.open(&new, Synchronous::Full).map_err(not_opened)?;
    let n_rows = take_over(path, &mut connection, kept).map_err(failure)?;
    // So that all of it is in the file itself, and the log is gone.
    connection.close().map_err(|(_, error)| failure(error))?;
    let aside = put_in_place(&new, path).map_err(failed)?;
    let aside = aside.unwrap_or_default();
    let file = path.display();
    tracing::warn!(
        %file,
        aside = %aside.display(),
        n_rows,
        "the file is set aside, and the statements are rebuilt from the bank; rows that no feed \
         gives again were taken over"
    );
    Ok(aside)
}

/// Copies what is whole; how many rows that was. Whatever cannot be read is left behind.
fn take_over(from: &Path, to: &mut Connection, kept: &[Kept]) -> rusqlite::Result<usize> {
    let mut n_rows = 0;
    let transaction = to.transaction()?;
    for (table, columns, which) in kept {
        // From both ends: a page that cannot be read ends each.
        for order in ["ASC", "DESC"] {
            let rows = match whole_rows(from, (table, columns, which), order) {
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
    (table, columns, which): Kept,
    order: &str,
) -> rusqlite::Result<Vec<Vec<Value>>> {
    // Not read-only: what is in the log counts, and is only then in its index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags)?;
    row_sums::register(&connection)?;
    let sql = format!(
        "SELECT {columns}, checksum = row_sum('{table}', {columns}) FROM {table}
         WHERE {which} ORDER BY id {order}"
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
