//! Snapshots of the ledger in PostgreSQL: one row per frame, all of them in one transaction.
//!
//! On connections of their own, which are closed when the work is done. No epoch is checked: what
//! a Bank that was fenced off still writes is true of the journal it has read, which only grows.

use bancada_bank::ledger::Ledger;
use bancada_bank::ports::{SnapshotError, SnapshotStore};
use postgres::Transaction;

use super::DatabaseUrl;
use super::connection::{Connection, DatabaseError, bigint, failure, smallint};
use crate::snapshot::{self, N_KEPT, restore};

const POSITIONS: &str = "
    SELECT DISTINCT position FROM bancada.snapshot WHERE shard = $1 ORDER BY position DESC";
const N_BYTES: &str = "
    SELECT coalesce(sum(octet_length(content)), 0) FROM bancada.snapshot
    WHERE shard = $1 AND position = $2";
const READ: &str = "
    SELECT content FROM bancada.snapshot WHERE shard = $1 AND position = $2 AND number = $3";
const APPEND: &str = "
    INSERT INTO bancada.snapshot (shard, position, number, content) VALUES ($1, $2, $3, $4)";
/// One that seems newer is not of this journal, or could not be read.
const REMOVE_OTHERS: &str = "
    DELETE FROM bancada.snapshot WHERE shard = $1 AND position NOT IN (
        SELECT DISTINCT position FROM bancada.snapshot
        WHERE shard = $1 AND position <= $2
        ORDER BY position DESC LIMIT $3
    )";

/// The snapshots of a shard, in a database.
pub struct PostgresSnapshots {
    url: DatabaseUrl,
    shard: u16,
}

impl PostgresSnapshots {
    /// Connects when it is asked something.
    pub fn new(url: &DatabaseUrl, shard: u16) -> PostgresSnapshots {
        PostgresSnapshots { url: url.clone(), shard }
    }

    fn find(&self) -> Result<Vec<u64>, DatabaseError> {
        let mut connection = Connection::new(&self.url);
        let shard = smallint(self.shard)?;
        let rows = connection.client()?.query(POSITIONS, &[&shard]).map_err(failure)?;
        Ok(rows.iter().map(|row| row.get::<_, i64>(0).unsigned_abs()).collect())
    }

    fn append(
        &self,
        transaction: &mut Transaction<'_>,
        ledger: &Ledger,
    ) -> Result<(), DatabaseError> {
        let (shard, position) = (smallint(self.shard)?, bigint(ledger.position())?);
        // One that is there at this position could not be read, or would not be made again.
        let again = "DELETE FROM bancada.snapshot WHERE shard = $1 AND position = $2";
        transaction.execute(again, &[&shard, &position]).map_err(failure)?;
        let append = transaction.prepare(APPEND).map_err(failure)?;
        let mut number = 0;
        let mut add = |number: u64, frame: &[u8]| {
            let row: [&(dyn postgres::types::ToSql + Sync); 4] =
                [&shard, &position, &bigint(number)?, &frame];
            transaction.execute(&append, &row).map(drop).map_err(failure)
        };
        add(0, &snapshot::header(ledger.position()))?;
        ledger.parts(|part| {
            number += 1;
            add(number, &snapshot::part(ledger.position(), number, &part))
        })?;
        add(number + 1, &snapshot::end(ledger.position(), number + 1))?;
        let n_kept = i64::try_from(N_KEPT).unwrap_or(i64::MAX);
        transaction.execute(REMOVE_OTHERS, &[&shard, &position, &n_kept]).map_err(failure)?;
        Ok(())
    }

    fn write_durably(&self, ledger: &Ledger) -> Result<(), DatabaseError> {
        let mut connection = Connection::new(&self.url);
        let mut transaction = connection.client()?.transaction().map_err(failure)?;
        self.append(&mut transaction, ledger)?;
        transaction.commit().map_err(failure)
    }
}

impl SnapshotStore for PostgresSnapshots {
    fn positions(&self) -> Result<Vec<u64>, SnapshotError> {
        self.find().map_err(SnapshotError::from)
    }

    fn read(&self, position: u64) -> Result<Ledger, SnapshotError> {
        let mut connection = Connection::new(&self.url);
        let shard = smallint(self.shard).map_err(SnapshotError::from)?;
        let at = bigint(position).map_err(SnapshotError::from)?;
        let begun = connection.client().and_then(|client| {
            let n_bytes = client.query_one(N_BYTES, &[&shard, &at]).map_err(failure)?;
            let statement = client.prepare(READ).map_err(failure)?;
            Ok((n_bytes.get::<_, i64>(0).unsigned_abs(), statement))
        });
        let (n_bytes, statement) = begun.map_err(SnapshotError::from)?;
        let mut number = -1_i64;
        restore(position, n_bytes, move || {
            number += 1;
            let mut read = || {
                let client = connection.client()?;
                client.query_opt(&statement, &[&shard, &at, &number]).map_err(failure)
            };
            let row = read().map_err(SnapshotError::from)?;
            Ok(row.map(|row| row.get::<_, Vec<u8>>(0)))
        })
    }

    fn write(&self, ledger: &Ledger) -> Result<(), SnapshotError> {
        self.write_durably(ledger).map_err(SnapshotError::from)
    }
}
