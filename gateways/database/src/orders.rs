//! The shop's orders in SQLite: one row per order, one transaction per group commit.

use std::path::{Path, PathBuf};

use bancada_bank::ports::HighWaterMark as _;
use bancada_bank::proof::{Chain, Mark};
use bancada_checkout::order::{Order, OrderState};
use bancada_checkout::ports::{
    OrderCursor, OrderStore, OrderStoreOpener, Reached, StoreError, Write, Written,
};
use bancada_kernel::{OrderId, PaymentId, Timestamp};
use rusqlite::{CachedStatement, Connection, Row, Transaction, params};

use crate::journal::FileMark;
use crate::log_scan;
use crate::row_sums::{self, Summed, row_totals, summed};
use crate::sqlite::{OpenError, Schema, Synchronous, is_full};

mod reached;
#[cfg(test)]
mod tests;

const SCHEMA: Schema = Schema {
    store: "orders",
    // "BNCO"
    application_id: 0x424E_434F,
    // `body` is the whole order as JSON, for programs and for people with a shell; the other
    // columns only say what is searched by. `number` grows with time and is the cursor of lists.
    steps: &[
        "
        CREATE TABLE purchase (
            number       INTEGER PRIMARY KEY,
            id           TEXT NOT NULL UNIQUE,
            state        TEXT NOT NULL,
            placed_at_ms INTEGER NOT NULL,
            body         TEXT NOT NULL
        ) STRICT;
        CREATE INDEX purchase_unresolved ON purchase (number)
            WHERE state IN ('placed', 'paying', 'unknown');
    ",
        concat!(
            row_totals!(),
            summed!("purchase", "number, id, state, placed_at_ms, body"),
            // The version that this step makes, and how many commits there were.
            "INSERT INTO row_total (name, checksum, n_rows)
             VALUES ('schema', 2, 0), ('commits', 0, 0);",
        ),
        concat!(
            // How far the Bank's events were followed, and the hash of the event there.
            "CREATE TABLE reached (
                shard    INTEGER PRIMARY KEY,
                position INTEGER NOT NULL,
                event    INTEGER NOT NULL
            ) STRICT;",
            summed!("reached", "shard, position, event"),
            "UPDATE row_total SET checksum = 3 WHERE name = 'schema';",
        ),
    ],
};

/// The tables whose rows have checksums.
const SUMMED: &[Summed] = &[
    Summed { table: "purchase", columns: "number, id, state, placed_at_ms, body" },
    Summed { table: "reached", columns: "shard, position, event" },
];

/// Orders that are what was written: the number and the body.
macro_rules! purchase {
    () => {
        "SELECT number, checked(body, checksum, 'purchase', number, id, state, placed_at_ms, body)
         FROM purchase"
    };
}

/// Orders that are read or written together when all are looked at.
const AT_ONCE: usize = 500;

/// What the file is called in the folder of its service.
pub const FILE: &str = "orders.sqlite3";

/// Those that the Bank has decided about.
macro_rules! decided {
    () => {
        " WHERE state IN ('paid', 'declined', 'refunded') ORDER BY number DESC LIMIT ?1"
    };
}

/// The payments of the newest orders in a file that the Bank has decided about, `limit` at most;
/// none where there is no file. Its writer may be at work, and nothing is changed.
pub fn payments_in(path: &Path, limit: usize) -> Result<Vec<PaymentId>, OpenError> {
    let Some(connection) = SCHEMA.look_into(path)? else { return Ok(Vec::new()) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = |sql| prepare(&connection, sql).and_then(|statement| read_all(statement, [limit]));
    let version = row_sums::schema_version(&connection);
    let orders = match version.map_err(|error| OpenError::of(path, error))? {
        Some(_) => read(concat!(purchase!(), decided!())),
        // An earlier version kept no checksums.
        None => read(concat!("SELECT number, body FROM purchase", decided!())),
    };
    let orders = orders.map_err(|error| OpenError::unreadable(path, &error))?;
    Ok(orders.into_iter().filter_map(|(_, order)| order.payment()).collect())
}

/// What a Bank that lost events for good changes of the orders in a file ([`Order::after_loss`]),
/// where nobody has the file open: each order as it is, and its state afterwards. None where there
/// is no file, and an error for one that is damaged. Nothing is changed.
pub fn after_loss(
    path: &Path,
    payment: &dyn Fn(PaymentId) -> Option<bool>,
) -> Result<Vec<(Order, OrderState)>, StoreError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let orders = SqliteOrders::new(path);
    orders.make().map_err(|error| StoreError::Damaged(error.to_string()))?;
    let mut store = orders.connect()?;
    let (mut changes, mut before) = (Vec::new(), None);
    loop {
        let page = store.list(before, AT_ONCE)?;
        let Some((last, _)) = page.last() else { return Ok(changes) };
        before = Some(*last);
        let after = page.into_iter().filter_map(|(_, order)| {
            let state = order.after_loss(payment)?;
            Some((order, state))
        });
        changes.extend(after);
    }
}

/// Gives these orders in a file other states; nobody has the file open.
pub fn change(
    path: &Path,
    changes: Vec<(Order, OrderState)>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut store = SqliteOrders::new(path).connect()?;
    let write = |(order, state)| Write::Update(Order { state, updated_at: now, ..order });
    let writes: Vec<_> = changes.into_iter().map(write).collect();
    writes.chunks(AT_ONCE).try_for_each(|writes| store.write(writes).map(drop))
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

    /// Makes the file, if it is not there; reads all of it, if it is. [`OpenError::is_damage`]
    /// where it is not what was written, or lacks orders that somebody was told of.
    pub fn make(&self) -> Result<(), OpenError> {
        let mut connection = SCHEMA.open(&self.path, Synchronous::Full)?;
        row_sums::examine(&mut connection, SUMMED, || ())
            .map_err(|cause| OpenError::of(&self.path, cause))?;
        let n_commits = n_commits(&connection).map_err(|it| OpenError::of(&self.path, it))?;
        let mut mark = self.mark().map_err(|error| self.no_mark(error))?;
        match mark.read() {
            Some(mark) if mark.position > n_commits => {
                let what = format!(
                    "{} orders and changes were kept, and {n_commits} are there",
                    mark.position
                );
                Err(OpenError::damaged(&self.path, &what))
            }
            _ => Ok(()),
        }
    }

    fn connect(&self) -> Result<Store, StoreError> {
        // Full: an order must survive a power cut before the Bank hears of it.
        let connection = SCHEMA.open(&self.path, Synchronous::Full).map_err(|error| match error
            .is_damage()
        {
            true => StoreError::Damaged(error.to_string()),
            false => StoreError::Failed(error.to_string()),
        })?;
        let mark = self.mark().map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Store { connection, mark })
    }

    /// Which commit was the last that somebody was told of.
    fn mark(&self) -> std::io::Result<FileMark> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        FileMark::open(folder.unwrap_or(Path::new(".")), 0)
    }

    fn no_mark(&self, error: std::io::Error) -> OpenError {
        OpenError::NoFile { path: self.path.display().to_string(), error }
    }
}

impl OrderStoreOpener for SqliteOrders {
    fn open(&self) -> Result<Box<dyn OrderStore>, StoreError> {
        Ok(Box::new(self.connect()?))
    }
}

struct Store {
    connection: Connection,
    mark: FileMark,
}

impl Store {
    /// One transaction, counted.
    fn commit<T>(
        &mut self,
        changes: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction().map_err(failure)?;
        let changed = changes(&transaction)?;
        prepare(
            &transaction,
            "UPDATE row_total SET checksum = checksum + 1 WHERE name = 'commits'",
        )?
        .execute(())
        .map_err(failure)?;
        let position = n_commits(&transaction).map_err(failure)?;
        transaction.commit().map_err(failure)?;
        // After the commit, so that it never says more, and before the answers, so that it never
        // says less than somebody was told.
        let marked = self.mark.write(Mark { position, chain: Chain::new(0) });
        marked.map_err(StoreError::Failed)?;
        Ok(changed)
    }
}

impl OrderStore for Store {
    fn write(&mut self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.commit(|transaction| {
            let write = |write: &Write| match write {
                Write::Insert(order) => insert(transaction, order),
                Write::Update(order) => update(transaction, order),
            };
            batch.iter().map(write).collect()
        })
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
                concat!(purchase!(), " WHERE number < ?1 ORDER BY number DESC LIMIT ?2"),
            )?,
            params![before, limit],
        )
    }

    fn unresolved(&mut self) -> Result<Vec<Order>, StoreError> {
        let found = read_all(
            prepare(
                &self.connection,
                concat!(
                    purchase!(),
                    " WHERE state IN ('placed', 'paying', 'unknown') ORDER BY number"
                ),
            )?,
            (),
        )?;
        Ok(found.into_iter().map(|(_, order)| order).collect())
    }

    fn reached(&mut self) -> Result<Vec<Reached>, StoreError> {
        reached::all(&self.connection)
    }

    fn follow(&mut self, orders: &[Order], place: Reached) -> Result<(), StoreError> {
        self.commit(|transaction| {
            for order in orders {
                update(transaction, order)?;
            }
            reached::keep(transaction, place)
        })
    }
}

fn insert(connection: &Connection, order: &Order) -> Result<Written, StoreError> {
    let n_rows = prepare(
        connection,
        "INSERT INTO purchase (number, id, state, placed_at_ms, body, checksum)
         SELECT next, ?1, ?2, ?3, ?4, row_sum('purchase', next, ?1, ?2, ?3, ?4)
         FROM (SELECT coalesce(max(number), 0) + 1 AS next FROM purchase)
         WHERE true
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
    // The columns that stay are looked at first: a new checksum would vouch for them.
    let n_rows = prepare(
        connection,
        "UPDATE purchase SET state = ?2, body = ?3,
             checksum = row_sum('purchase', number, id, ?2, placed_at_ms, ?3)
         WHERE id = ?1 AND checked(1, checksum, 'purchase', number, id, state, placed_at_ms, body)",
    )?
    .execute(params![order.id.to_string(), order.state.word(), encode(order)?])
    .map_err(failure)?;
    if n_rows == 1 { Ok(Written::Done) } else { Err(vanished(order.id)) }
}

fn find(connection: &Connection, id: OrderId) -> Result<Option<Order>, StoreError> {
    let statement = prepare(connection, concat!(purchase!(), " WHERE id = ?1"))?;
    let found = read_all(statement, [id.to_string()])?;
    Ok(found.into_iter().next().map(|(_, order)| order))
}

fn n_commits(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT checksum FROM row_total WHERE name = 'commits'";
    let n_commits: i64 = connection.query_row(sql, (), |row| row.get(0))?;
    Ok(n_commits.unsigned_abs())
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
    let damaged = |error| StoreError::Damaged(format!("a stored order cannot be read: {error}"));
    serde_json::from_str(body).map_err(damaged)
}

fn failure(error: rusqlite::Error) -> StoreError {
    match error {
        error if is_full(&error) => StoreError::Full,
        error if row_sums::is_damage(&error) => StoreError::Damaged(error.to_string()),
        error => StoreError::Failed(error.to_string()),
    }
}
