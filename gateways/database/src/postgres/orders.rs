//! The shop's orders in PostgreSQL: one row per order, one transaction per group commit, with as
//! many statements whatever its size.

use std::collections::{HashMap, HashSet};

use bancada_checkout::order::Order;
use bancada_checkout::ports::{
    OrderCursor, OrderStore, OrderStoreOpener, Reached, StoreError, Write, Written,
};
use bancada_kernel::{EventHash, OrderId, Shard};
use postgres::Row;

use super::DatabaseUrl;
use super::session::{Session, Writer};
use crate::orders::{decode, encode, vanished};
use crate::statement::hash_number;

const FIND: &str = "SELECT body FROM bancada.purchase WHERE id = ANY ($1)";
const INSERT: &str = "
    INSERT INTO bancada.purchase (id, state, placed_at_ms, body)
    SELECT id, state, placed_at_ms, body
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])
        WITH ORDINALITY AS one (id, state, placed_at_ms, body, place)
    ORDER BY place";
const UPDATE: &str = "
    UPDATE bancada.purchase AS kept SET state = one.state, body = one.body
    FROM unnest($1::text[], $2::text[], $3::text[]) AS one (id, state, body)
    WHERE kept.id = one.id";
const LIST: &str = "
    SELECT number, body FROM bancada.purchase WHERE number < $1 ORDER BY number DESC LIMIT $2";
const UNRESOLVED: &str = "
    SELECT body FROM bancada.purchase
    WHERE state IN ('placed', 'paying', 'unknown') ORDER BY number";

const REACHED: &str = "SELECT position, event FROM bancada.purchase_reached ORDER BY shard";
const REACH: &str = "
    INSERT INTO bancada.purchase_reached (shard, position, event) VALUES ($1, $2, $3)
    ON CONFLICT (shard) DO UPDATE SET position = excluded.position, event = excluded.event";

/// In which database the orders are.
#[derive(Clone, Debug)]
pub struct PostgresOrders {
    url: DatabaseUrl,
}

impl PostgresOrders {
    /// Orders in this database.
    pub fn new(url: &DatabaseUrl) -> PostgresOrders {
        PostgresOrders { url: url.clone() }
    }
}

impl OrderStoreOpener for PostgresOrders {
    /// The database is asked for the first time by the store's thread, which may wait for it.
    fn open(&self) -> Result<Box<dyn OrderStore>, StoreError> {
        Ok(Box::new(Store { session: Session::new(&self.url, Some(Writer::Orders)) }))
    }
}

struct Store {
    session: Session,
}

impl OrderStore for Store {
    fn write(&mut self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.session.transaction(|session| write(session, batch))
    }

    fn get(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let id = [id.to_string()];
        let rows = self.session.ask(|session| session.query(FIND, &[&id.as_slice()]))?;
        rows.first().map(|row| decode(row.get(0))).transpose()
    }

    fn list(
        &mut self,
        before: Option<OrderCursor>,
        limit: usize,
    ) -> Result<Vec<(OrderCursor, Order)>, StoreError> {
        let before = before.map_or(i64::MAX, |OrderCursor(number)| number);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.session.ask(|session| session.query(LIST, &[&before, &limit]))?;
        let entry = |row: &Row| Ok((OrderCursor(row.get(0)), decode(row.get(1))?));
        rows.iter().map(entry).collect()
    }

    fn unresolved(&mut self) -> Result<Vec<Order>, StoreError> {
        let rows = self.session.ask(|session| session.query(UNRESOLVED, &[]))?;
        rows.iter().map(|row| decode(row.get(0))).collect()
    }

    fn reached(&mut self) -> Result<Vec<Reached>, StoreError> {
        let rows = self.session.ask(|session| session.query(REACHED, &[]))?;
        let reached = |row: &Row| Reached {
            position: row.get::<_, i64>(0).unsigned_abs(),
            event: EventHash::new(row.get::<_, i64>(1).cast_unsigned()),
        };
        Ok(rows.iter().map(reached).collect())
    }

    fn follow(&mut self, orders: &[Order], reached: Reached) -> Result<(), StoreError> {
        let Reached { position, event } = reached;
        let shard = i32::from(Shard::of_position(position).number());
        let position = i64::try_from(position)
            .map_err(|_| StoreError::Failed(format!("{position} is out of range")))?;
        let event = hash_number(event);
        let orders: Vec<&Order> = orders.iter().collect();
        self.session.transaction(|session| {
            update(session, &orders)?;
            session.execute(REACH, &[&shard, &position, &event])?;
            Ok(())
        })
    }
}

/// Nobody else writes, so what a batch does is known when its orders have been read.
fn write(session: &mut Session, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
    let ids: Vec<String> = batch.iter().map(|write| order_of(write).id.to_string()).collect();
    let mut kept = HashMap::new();
    for row in session.query(FIND, &[&ids])? {
        let order: Order = decode(row.get(0))?;
        kept.insert(order.id, order);
    }
    let (mut added, mut changed) = (Vec::new(), HashSet::new());
    let mut written = Vec::with_capacity(batch.len());
    for write in batch {
        written.push(match (write, kept.get_mut(&order_of(write).id)) {
            (Write::Insert(_), Some(kept)) => Written::Exists(Box::new(kept.clone())),
            (Write::Insert(order), None) => {
                added.push(order.id);
                kept.insert(order.id, order.clone());
                Written::Done
            }
            (Write::Update(order), Some(kept)) => {
                changed.insert(order.id);
                order.clone_into(kept);
                Written::Done
            }
            (Write::Update(order), None) => return Err(vanished(order.id)),
        });
    }
    // In the order in which they were asked for: it is that of lists.
    let added_orders: Vec<&Order> = added.iter().filter_map(|id| kept.get(id)).collect();
    changed.retain(|id| !added.contains(id));
    let changed_orders: Vec<&Order> = changed.iter().filter_map(|id| kept.get(id)).collect();
    insert(session, &added_orders)?;
    update(session, &changed_orders)?;
    Ok(written)
}

fn insert(session: &mut Session, orders: &[&Order]) -> Result<(), StoreError> {
    if orders.is_empty() {
        return Ok(());
    }
    let Columns { ids, states, bodies } = Columns::of(orders)?;
    let placed_at: Vec<i64> = orders.iter().map(|order| order.placed_at.0).collect();
    session.execute(INSERT, &[&ids, &states, &placed_at, &bodies])?;
    Ok(())
}

fn update(session: &mut Session, orders: &[&Order]) -> Result<(), StoreError> {
    if orders.is_empty() {
        return Ok(());
    }
    let Columns { ids, states, bodies } = Columns::of(orders)?;
    let n_updated = session.execute(UPDATE, &[&ids, &states, &bodies])?;
    if n_updated == ids.len() as u64 {
        return Ok(());
    }
    let n_lost = (ids.len() as u64).saturating_sub(n_updated);
    Err(StoreError::Failed(format!("{n_lost} orders that changed are not there")))
}

struct Columns {
    ids: Vec<String>,
    states: Vec<&'static str>,
    bodies: Vec<String>,
}

impl Columns {
    fn of(orders: &[&Order]) -> Result<Columns, StoreError> {
        Ok(Columns {
            ids: orders.iter().map(|order| order.id.to_string()).collect(),
            states: orders.iter().map(|order| order.state.word()).collect(),
            bodies: orders.iter().map(|order| encode(order)).collect::<Result<_, _>>()?,
        })
    }
}

fn order_of(write: &Write) -> &Order {
    match write {
        Write::Insert(order) | Write::Update(order) => order,
    }
}
