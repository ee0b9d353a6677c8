//! What a broker has acknowledged, in PostgreSQL.

use std::sync::{Mutex, PoisonError};

use bancada_bank::ports::{DeliveryCursor, JournalError};

use super::DatabaseUrl;
use super::connection::{Connection, bigint, failure, smallint};

/// Remembers how far a shard's events were delivered.
pub struct PostgresDelivery {
    connection: Mutex<Connection>,
    shard: u16,
}

impl PostgresDelivery {
    /// Connects when it is asked something.
    pub fn new(url: &DatabaseUrl, shard: u16) -> PostgresDelivery {
        PostgresDelivery { connection: Mutex::new(Connection::new(url)), shard }
    }
}

impl DeliveryCursor for PostgresDelivery {
    fn load(&self) -> Result<u64, JournalError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let shard = smallint(self.shard)?;
        let load = "SELECT position FROM bancada.delivery WHERE shard = $1";
        let row = connection.ask(|client| client.query_opt(load, &[&shard]).map_err(failure))?;
        Ok(row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
    }

    fn save(&self, position: u64) -> Result<(), JournalError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let (shard, position) = (smallint(self.shard)?, bigint(position)?);
        let save = "
            INSERT INTO bancada.delivery (shard, position) VALUES ($1, $2)
            ON CONFLICT (shard) DO UPDATE SET position = excluded.position";
        connection.ask(|client| client.execute(save, &[&shard, &position]).map_err(failure))?;
        Ok(())
    }
}
