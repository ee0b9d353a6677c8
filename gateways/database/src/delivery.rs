//! What a broker has acknowledged, in SQLite.
//!
//! A file of its own: the journal's writer never waits for it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bancada_bank::ports::{DeliveryCursor, JournalError};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::sqlite::{OpenError, Schema, Synchronous, is_full};

const SCHEMA: Schema = Schema {
    store: "deliveries",
    // "BNCD"
    application_id: 0x424E_4344,
    steps: &[
        "
        CREATE TABLE delivery (
            shard    INTEGER PRIMARY KEY,
            position INTEGER NOT NULL
        ) STRICT;
    ",
        // Absent where an earlier version wrote the row.
        "ALTER TABLE delivery ADD COLUMN sum INTEGER",
    ],
};

/// Remembers how far a shard's events were delivered.
pub struct SqliteDelivery {
    connection: Mutex<Connection>,
    shard: u16,
}

impl SqliteDelivery {
    /// Opens or makes the file.
    pub fn open(path: &Path, shard: u16) -> Result<SqliteDelivery, OpenError> {
        // What is forgotten is delivered again: no need to wait for the disk.
        let connection = Mutex::new(SCHEMA.open(path, Synchronous::Normal)?);
        Ok(SqliteDelivery { connection, shard })
    }
}

impl DeliveryCursor for SqliteDelivery {
    fn load(&self) -> Result<u64, JournalError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Option<(i64, Option<u32>)> = connection
            .query_row("SELECT position, sum FROM delivery WHERE shard = ?1", [self.shard], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(failure)?;
        let Some((position, sum)) = found else { return Ok(0) };
        if sum.is_some_and(|sum| sum != checksum(self.shard, position)) {
            tracing::warn!("how far events were delivered is damaged, all are delivered again");
            return Ok(0);
        }
        Ok(position.unsigned_abs())
    }

    fn save(&self, position: u64) -> Result<(), JournalError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let position = i64::try_from(position)
            .map_err(|_| JournalError::Failed(format!("position {position} is out of range")))?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO delivery (shard, position, sum) VALUES (?1, ?2, ?3)",
            )
            .and_then(|mut save| {
                save.execute(params![self.shard, position, checksum(self.shard, position)])
            })
            .map_err(failure)?;
        Ok(())
    }
}

fn checksum(shard: u16, position: i64) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&shard.to_le_bytes()), &position.to_le_bytes())
}

fn failure(error: rusqlite::Error) -> JournalError {
    if is_full(&error) { JournalError::Full } else { JournalError::Failed(error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_remembered_per_shard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("delivery.sqlite3");
        let delivery = SqliteDelivery::open(&path, 0).unwrap();
        assert_eq!(delivery.load(), Ok(0));
        delivery.save(7).unwrap();
        delivery.save(9).unwrap();
        assert_eq!(SqliteDelivery::open(&path, 0).unwrap().load(), Ok(9));
        assert_eq!(SqliteDelivery::open(&path, 1).unwrap().load(), Ok(0));
        let other = Connection::open(&path).unwrap();
        other.execute("UPDATE delivery SET position = 4105", ()).unwrap();
        assert_eq!(SqliteDelivery::open(&path, 0).unwrap().load(), Ok(0), "a flipped bit");
        other.execute("UPDATE delivery SET sum = NULL", ()).unwrap();
        assert_eq!(SqliteDelivery::open(&path, 0).unwrap().load(), Ok(4_105), "an earlier version");
    }
}
