//! How far the shop followed the Bank's events.

use bancada_checkout::ports::{Reached, StoreError};
use bancada_kernel::{EventHash, Shard};
use rusqlite::{Connection, Row, params};

use super::{failure, prepare};
use crate::statement::{hash_number, integer};

pub(super) fn all(connection: &Connection) -> Result<Vec<Reached>, StoreError> {
    let sql = "SELECT checked(position, checksum, 'reached', shard, position, event), event
               FROM reached ORDER BY shard";
    let mut statement = prepare(connection, sql)?;
    let columns = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let rows = statement.query_map((), columns).map_err(failure)?;
    rows.map(|row| {
        let (position, event) = row.map_err(failure)?;
        let event = EventHash::new(event.cast_unsigned());
        Ok(Reached { position: position.unsigned_abs(), event })
    })
    .collect()
}

/// It goes back only where the shop began anew.
pub(super) fn keep(connection: &Connection, reached: Reached) -> Result<(), StoreError> {
    let Reached { position, event } = reached;
    let position_number =
        integer(position).map_err(|error| StoreError::Failed(error.to_string()))?;
    prepare(
        connection,
        "INSERT INTO reached (shard, position, event, checksum)
         VALUES (?1, ?2, ?3, row_sum('reached', ?1, ?2, ?3))
         ON CONFLICT (shard) DO UPDATE
         SET position = excluded.position, event = excluded.event, checksum = excluded.checksum",
    )?
    .execute(params![Shard::of_position(position).number(), position_number, hash_number(event)])
    .map_err(failure)?;
    Ok(())
}
