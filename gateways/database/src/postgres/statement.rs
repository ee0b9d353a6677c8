//! Statements in PostgreSQL: rows, offsets and sequences in one transaction, which is as many
//! statements whatever the size of a batch.

mod open_holds;
mod reader;
mod rows;

use std::collections::BTreeMap;

use bancada_extrato::ports::{
    BankCard, Offsets, Reached, SourceRecord, StatementStore, StatementStoreOpener, StoreError,
};
use bancada_extrato::statement::{
    Applied, BillPayment, DeadLetter, HeldCard, fold, hold_behind, release, settle_bill,
};
use bancada_kernel::{EventHash, Timestamp};
use postgres::Row;

use super::DatabaseUrl;
use super::session::{Session, Writer};
use crate::statement::{decode, encode, integer, is_open, read_token};

pub use reader::PostgresStatementReader;
use reader::dead_letter;
use rows::{OpenTransaction, find_bill};

const OFFSETS: &str = "SELECT source_partition, source_offset FROM bancada.statement_source";
const HELD: &str = "
    SELECT held.token, coalesce(card.position, 0), held.needed_sequence
    FROM bancada.statement_held AS held
    LEFT JOIN bancada.statement_card AS card USING (token)
    ORDER BY held.token";
const REACHED: &str = "SELECT position, event FROM bancada.statement_reached ORDER BY shard";
const KEEP_BILL: &str = "
    INSERT INTO bancada.statement_bill (key, token, is_open, body) VALUES ($1, $2, $3, $4)";
const DISCARD: &str = "DELETE FROM bancada.statement_dead_letter WHERE id = $1";
const WAITING: &str = "
    SELECT id, source_partition, source_offset, token, why, raw
    FROM bancada.statement_dead_letter WHERE NOT is_handed_on ORDER BY id LIMIT $1";
const HANDED_ON: &str = "
    UPDATE bancada.statement_dead_letter SET is_handed_on = true
    WHERE id = $1 AND source_partition IS NOT DISTINCT FROM $2
        AND source_offset IS NOT DISTINCT FROM $3";
const OPEN_BILLS: &str = "SELECT body FROM bancada.statement_bill WHERE is_open ORDER BY id";

/// In which database the statements are.
#[derive(Clone, Debug)]
pub struct PostgresStatements {
    url: DatabaseUrl,
}

impl PostgresStatements {
    /// Statements in this database.
    pub fn new(url: &DatabaseUrl) -> PostgresStatements {
        PostgresStatements { url: url.clone() }
    }

    /// Reads the statements beside their writer; connects when it is asked something.
    pub fn reader(&self) -> PostgresStatementReader {
        PostgresStatementReader::new(&self.url)
    }
}

impl StatementStoreOpener for PostgresStatements {
    /// The database is asked for the first time by the writer's thread, which may wait for it.
    fn open(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        Ok(Box::new(Store { session: Session::new(&self.url, Some(Writer::Statements)) }))
    }

    /// PostgreSQL has checksums of its pages, and looks at them whenever it reads one.
    fn examine(&self, _: &mut dyn FnMut()) -> Result<(), StoreError> {
        Ok(())
    }

    /// What a database keeps is not ours to set aside.
    fn open_anew(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        let what = "a row in the database cannot be read: restore it, or empty its tables";
        Err(StoreError::Failed(what.to_owned()))
    }
}

struct Store {
    session: Session,
}

impl StatementStore for Store {
    fn apply(&mut self, records: &[SourceRecord], now: Timestamp) -> Result<Applied, StoreError> {
        self.session.transaction(|session| {
            let mut rows = OpenTransaction::of_records(session, records, now)?;
            let applied = fold(&mut rows, records, now)?;
            rows.write()?;
            Ok(applied)
        })
    }

    fn offsets(&mut self) -> Result<Offsets, StoreError> {
        let rows = self.session.ask(|session| session.query(OFFSETS, &[]))?;
        let offset = |row: &Row| {
            let partition = u32::try_from(row.get::<_, i64>(0));
            let unknown = |_| StoreError::Failed("a partition is out of range".to_owned());
            Ok((partition.map_err(unknown)?, row.get::<_, i64>(1).unsigned_abs()))
        };
        Ok(Offsets(rows.iter().map(offset).collect::<Result<BTreeMap<_, _>, StoreError>>()?))
    }

    fn held(&mut self) -> Result<Vec<HeldCard>, StoreError> {
        let rows = self.session.ask(|session| session.query(HELD, &[]))?;
        let held = |row: &Row| {
            Ok(HeldCard {
                token: read_token(row.get(0))?,
                position: row.get::<_, i64>(1).unsigned_abs(),
                needed_sequence: row.get::<_, i64>(2).unsigned_abs(),
            })
        };
        rows.iter().map(held).collect()
    }

    fn release(&mut self, found: &[HeldCard]) -> Result<u64, StoreError> {
        self.session.transaction(|session| {
            let mut rows = OpenTransaction::of_cards(session, found.iter().map(|it| &it.token))?;
            let n_held = release(&mut rows, found)?;
            rows.write()?;
            Ok(n_held)
        })
    }

    fn hold_behind(&mut self, cards: &[BankCard]) -> Result<u64, StoreError> {
        self.session.transaction(|session| {
            let mut rows = OpenTransaction::of_cards(session, cards.iter().map(|it| &it.token))?;
            let n_behind = hold_behind(&mut rows, cards)?;
            rows.write()?;
            Ok(n_behind)
        })
    }

    fn progress(&mut self) -> Result<Vec<Reached>, StoreError> {
        let rows = self.session.ask(|session| session.query(REACHED, &[]))?;
        let reached = rows.iter().map(|row| Reached {
            position: row.get::<_, i64>(0).unsigned_abs(),
            event: EventHash::new(row.get::<_, i64>(1).cast_unsigned()),
        });
        Ok(reached.collect())
    }

    fn keep_bill(&mut self, payment: &BillPayment) -> Result<Option<BillPayment>, StoreError> {
        self.session.transaction(|session| {
            let (key, token) = (payment.key.as_str(), payment.token.as_str());
            if let Some(known) = find_bill(session, key)? {
                return Ok(Some(known));
            }
            session.execute(KEEP_BILL, &[&key, &token, &is_open(payment), &encode(payment)?])?;
            Ok(None)
        })
    }

    fn settle_bill(&mut self, answered: &BillPayment) -> Result<(), StoreError> {
        self.session.transaction(|session| {
            let mut rows = OpenTransaction::of_cards(session, std::iter::empty())?;
            settle_bill(&mut rows, answered.clone())?;
            rows.write()
        })
    }

    fn discard_dead_letter(&mut self, id: u64) -> Result<bool, StoreError> {
        let id = integer(id)?;
        self.session.transaction(|session| Ok(session.execute(DISCARD, &[&id])? > 0))
    }

    fn waiting_dead_letters(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.session.ask(|session| session.query(WAITING, &[&limit]))?;
        Ok(rows.iter().map(dead_letter).collect())
    }

    fn handed_on(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        let id = integer(letter.id)?;
        let partition = letter.at.map(|at| i64::from(at.partition));
        let offset = letter.at.map(|at| integer(at.offset)).transpose()?;
        self.session.transaction(|session| {
            session.execute(HANDED_ON, &[&id, &partition, &offset])?;
            Ok(())
        })
    }

    fn open_bills(&mut self) -> Result<Vec<BillPayment>, StoreError> {
        let rows = self.session.ask(|session| session.query(OPEN_BILLS, &[]))?;
        rows.iter().map(|row| decode(row.get(0))).collect()
    }
}
