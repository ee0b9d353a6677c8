//! The shop's orders in SQLite: one row per order, one transaction per group commit.

use std::path::{Path, PathBuf};

use bancada_checkout::order::{Order, OrderState};
use bancada_checkout::ports::{
    OrderCursor, OrderStore, OrderStoreOpener, StoreError, Write, Written,
};
use bancada_kernel::{OrderId, PaymentId};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, params};

use crate::log_scan;
use crate::sqlite::{OpenError, Schema, Synchronous, is_full};

#[cfg(test)]
mod tests;

const SCHEMA: Schema = Schema {
    store: "orders",
    // "BNCO"
    application_id: 0x424E_434F,
    // `body` is the whole order as JSON, for programs and for people with a shell; the other
    // columns only say what is searched by. `number` grows with time and is the cursor of lists.
    steps: &["
        CREATE TABLE purchase (
            number       INTEGER PRIMARY KEY,
            id           TEXT NOT NULL UNIQUE,
            state        TEXT NOT NULL,
            placed_at_ms INTEGER NOT NULL,
            body         TEXT NOT NULL
        ) STRICT;
        CREATE INDEX purchase_unresolved ON purchase (number)
            WHERE state IN ('placed', 'paying', 'unknown');
    "],
};

/// What the file is called in the folder of its service.
pub const FILE: &str = "orders.sqlite3";

/// The payments of the newest orders in a file that the Bank has decided about, `limit` at most;
/// none where there is no file. Its writer may be at work, and nothing is changed.
pub fn payments_in(path: &Path, limit: usize) -> Result<Vec<PaymentId>, OpenError> {
    let Some(connection) = SCHEMA.look_into(path)? else { return Ok(Vec::new()) };
    let sql = "SELECT number, body FROM purchase
         WHERE state IN ('paid', 'declined', 'refunded') ORDER BY number DESC LIMIT ?1";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let orders = prepare(&connection, sql).and_then(|statement| read_all(statement, [limit]));
    let orders = orders.map_err(|error| OpenError::unreadable(path, &error))?;
    let payment = |(_, order): (OrderCursor, Order)| match order.state {
        OrderState::Paid(charge) | OrderState::Refunded(charge) => Some(charge.payment),
        OrderState::Declined { payment, .. } => Some(payment),
        _ => None,
    };
    Ok(orders.into_iter().filter_map(payment).collect())
}

/// Where the orders are.
#[derive(Clone, Debug)]
pub struct SqliteOrders {
    path: PathBuf,
}

impl SqliteOrders {
    /// Orders in this file.
    pub fn new(path: &Path) -> SqliteOrders {
        SqliteOrders { path: path.to_owned() }
    }

    /// Whether commits that had been synced are lost to a damage of SQLite's log; to be asked
    /// before anybody opens the file.
    pub fn lacks_synced_commits(&self) -> std::io::Result<bool> {
        log_scan::has_later_commit(&self.path)
    }

    /// Makes the file, if it is not there.
    pub fn make(&self) -> Result<(), OpenError> {
        SCHEMA.open(&self.path, Synchronous::Full).map(drop)
    }

    fn connect(&self) -> Result<Store, StoreError> {
        // Full: an order must survive a power cut before the Bank hears of it.
        let connection = SCHEMA
            .open(&self.path, Synchronous::Full)
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Store { connection })
    }
}

impl OrderStoreOpener for SqliteOrders {
    fn open(&self) -> Result<Box<dyn OrderStore>, StoreError> {
        Ok(Box::new(self.connect()?))
    }
}

struct Store {
    connection: Connection,
}

impl OrderStore for Store {
    fn write(&mut self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        let transaction = self.connection.transaction().map_err(failure)?;
        let mut written = Vec::with_capacity(batch.len());
        for write in batch {
            written.push(match write {
                Write::Insert(order) => insert(&transaction, order)?,
                Write::Update(order) => update(&transaction, order)?,
            });
        }
        transaction.commit().map_err(failure)?;
        Ok(written)
    }

    fn get(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        find(&self.connection, id)
    }

    fn list(
        &mut self,
        before: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Vec<(OrderCursor, Order)>, StoreError> {
        let before = before.map_or(i64::MAX, |OrderCursor(number)| number);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        read_all(
            prepare(
                &self.connection,
                "SELECT number, body FROM purchase WHERE number < ?1
                 ORDER BY number DESC LIMIT ?2",
            )?,
            params![before, limit],
        )
    }

    fn unresolved(&mut self) -> Result<Vec<Order>, StoreError> {
        let found = read_all(
            prepare(
                &self.connection,
                "SELECT number, body FROM purchase
                 WHERE state IN ('placed', 'paying', 'unknown') ORDER BY number",
            )?,
            (),
        )?;
        Ok(found.into_iter().map(|(_, order)| order).collect())
    }
}

fn insert(connection: &Connection, order: &Order) -> Result<Written, StoreError> {
    let n_rows = prepare(
        connection,
        "INSERT INTO purchase (id, state, placed_at_ms, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO NOTHING",
    )?
    .execute(params![order.id.to_string(), order.state.word(), order.placed_at.0, encode(order)?])
    .map_err(failure)?;
    if n_rows == 1 {
        return Ok(Written::Done);
    }
    let kept = find(connection, order.id)?;
    let kept = kept.ok_or_else(|| StoreError::Failed(format!("{} is there and not", order.id)))?;
    Ok(Written::Exists(Box::new(kept)))
}

fn update(connection: &Connection, order: &Order) -> Result<Written, StoreError> {
    let n_rows = prepare(connection, "UPDATE purchase SET state = ?2, body = ?3 WHERE id = ?1")?
        .execute(params![order.id.to_string(), order.state.word(), encode(order)?])
        .map_err(failure)?;
    if n_rows == 1 { Ok(Written::Done) } else { Err(vanished(order.id)) }
}

fn find(connection: &Connection, id: OrderId) -> Result<Option<Order>, StoreError> {
    prepare(connection, "SELECT body FROM purchase WHERE id = ?1")?
        .query_row([id.to_string()], |row| row.get::<_, String>(0))
        .optional()
        .map_err(failure)?
        .map(|body| decode(&body))
        .transpose()
}

fn read_all(
    mut statement: CachedStatement<'_>,
    parameters: impl rusqlite::Params,
) -> Result<Vec<(OrderCursor, Order)>, StoreError> {
    let columns = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
    let rows = statement.query_map(parameters, columns).map_err(failure)?;
    rows.map(|row| {
        let (number, body) = row.map_err(failure)?;
        Ok((OrderCursor(number), decode(&body)?))
    })
    .collect()
}

fn prepare<'a>(connection: &'a Connection, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
    connection.prepare_cached(sql).map_err(failure)
}

/// An order that was to be changed is not there.
pub(crate) fn vanished(id: OrderId) -> StoreError {
    StoreError::Failed(format!("the order {id} has vanished"))
}

pub(crate) fn encode(order: &Order) -> Result<String, StoreError> {
    serde_json::to_string(order).map_err(|error| StoreError::Failed(error.to_string()))
}

pub(crate) fn decode(body: &str) -> Result<Order, StoreError> {
    let damaged = |error| StoreError::Failed(format!("a stored order cannot be read: {error}"));
    serde_json::from_str(body).map_err(damaged)
}

fn failure(error: rusqlite::Error) -> StoreError {
    if is_full(&error) { StoreError::Full } else { StoreError::Failed(error.to_string()) }
}
