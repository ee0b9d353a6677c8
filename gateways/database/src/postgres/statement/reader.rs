//! Reads statements beside their writer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bancada_extrato::ports::{SourcePosition, StatementReader, StoreError};
use bancada_extrato::statement::{
    BillPayment, CardState, Cycle, DeadLetter, Filter, LineKind, StatementCard, StatementLine,
};
use bancada_kernel::{CardToken, Money, Timestamp};
use postgres::Row;
use serde::de::DeserializeOwned;

use super::super::DatabaseUrl;
use super::super::session::{Session, Values};
use crate::statement::{decode, integer, pattern};

/// Connections that are used at once; who finds none waits for another reader.
const N_CONNECTIONS: usize = 4;
const CARDS: &str = "
    SELECT body FROM bancada.statement_card
    WHERE $1::text IS NULL OR (holder, masked_number, token) >
        (SELECT holder, masked_number, token FROM bancada.statement_card WHERE token = $1)
    ORDER BY holder, masked_number, token LIMIT $2";
const CARD: &str = "SELECT body FROM bancada.statement_card WHERE token = $1";
const FATURAS: &str = "
    SELECT token, minor
    FROM unnest($1::text[], $2::bigint[]) AS one (token, cycle)
    JOIN bancada.statement_fatura USING (token, cycle)";
const LINES: &str = r"
    SELECT body FROM bancada.statement_line
    WHERE token = $1 AND position < $2
      AND ($3::text IS NULL OR kind = $3)
      AND ($4::bigint IS NULL OR occurred_at_ms >= $4)
      AND ($5::bigint IS NULL OR occurred_at_ms < $5)
      AND ($6::text IS NULL OR searched LIKE $6 ESCAPE '\')
    ORDER BY position DESC LIMIT $7";
const LINES_AFTER: &str = "
    SELECT body FROM bancada.statement_line WHERE token = $1 AND position > $2
    ORDER BY position LIMIT $3";
const OPEN_HOLDS: &str = "
    SELECT position FROM bancada.statement_open_hold
    WHERE token = $1 AND position BETWEEN $2 AND $3";
const BILLS: &str = "
    SELECT body FROM bancada.statement_bill WHERE token = $1 ORDER BY id DESC LIMIT $2";

const DEAD_LETTERS: &str = "
    SELECT id, source_partition, source_offset, token, why, raw
    FROM bancada.statement_dead_letter WHERE id > $1 ORDER BY id LIMIT $2";

/// Connections of its own: a reader never waits for the writer.
pub struct PostgresStatementReader {
    sessions: [Mutex<Session>; N_CONNECTIONS],
    n_asked: AtomicUsize,
}

impl PostgresStatementReader {
    pub(super) fn new(url: &DatabaseUrl) -> PostgresStatementReader {
        let sessions = [(); N_CONNECTIONS].map(|()| Mutex::new(Session::new(url, None)));
        PostgresStatementReader { sessions, n_asked: AtomicUsize::new(0) }
    }

    /// Asks on a connection that nobody uses, or on one whose turn it is.
    fn ask<T>(
        &self,
        question: impl FnMut(&mut Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let free = self.sessions.iter().find_map(|session| session.try_lock().ok());
        let mut session = free.unwrap_or_else(|| {
            let turn = self.n_asked.fetch_add(1, Ordering::Relaxed) % N_CONNECTIONS;
            self.sessions[turn].lock().unwrap_or_else(PoisonError::into_inner)
        });
        session.ask(question)
    }

    fn read<T: DeserializeOwned>(
        &self,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<Vec<T>, StoreError> {
        self.ask(|session| bodies(&session.query(sql, values)?))
    }
}

impl StatementReader for PostgresStatementReader {
    fn cards(
        &self,
        now: Timestamp,
        after: Option<&CardToken>,
        limit: usize,
    ) -> Result<Vec<StatementCard>, StoreError> {
        let after = after.map(CardToken::as_str);
        self.ask(|session| {
            let cards = bodies(&session.query(CARDS, &[&after, &rows(limit)])?)?;
            with_faturas(session, cards, now)
        })
    }

    fn card(&self, token: &CardToken, now: Timestamp) -> Result<Option<StatementCard>, StoreError> {
        self.ask(|session| {
            let found = bodies(&session.query(CARD, &[&token.as_str()])?)?;
            Ok(with_faturas(session, found, now)?.pop())
        })
    }

    fn lines(&self, token: &CardToken, filter: &Filter) -> Result<Vec<StatementLine>, StoreError> {
        let before = filter.before.map_or(Ok(i64::MAX), integer)?;
        let kind = filter.kind.map(LineKind::word);
        let (from, to) = (filter.from.map(|from| from.0), filter.to.map(|to| to.0));
        let search = filter.search.as_deref().map(pattern);
        let limit = rows(filter.limit);
        self.read(LINES, &[&token.as_str(), &before, &kind, &from, &to, &search, &limit])
    }

    fn lines_after(
        &self,
        token: &CardToken,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StatementLine>, StoreError> {
        self.read(LINES_AFTER, &[&token.as_str(), &integer(after)?, &rows(limit)])
    }

    fn open_holds(&self, token: &CardToken, first: u64, last: u64) -> Result<Vec<u64>, StoreError> {
        let (first, last) = (integer(first)?, integer(last)?);
        self.ask(|session| {
            let found = session.query(OPEN_HOLDS, &[&token.as_str(), &first, &last])?;
            Ok(found.iter().map(|row| row.get::<_, i64>(0).unsigned_abs()).collect())
        })
    }

    fn bills(&self, token: &CardToken, limit: usize) -> Result<Vec<BillPayment>, StoreError> {
        self.read(BILLS, &[&token.as_str(), &rows(limit)])
    }

    fn dead_letters(&self, after: u64, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let after = integer(after)?;
        self.ask(|session| {
            let found = session.query(DEAD_LETTERS, &[&after, &rows(limit)])?;
            Ok(found.iter().map(dead_letter).collect())
        })
    }
}

pub(super) fn dead_letter(row: &Row) -> DeadLetter {
    let partition = row.get::<_, Option<i64>>(1).and_then(|it| u32::try_from(it).ok());
    let at = partition.zip(row.get::<_, Option<i64>>(2));
    let card: Option<&str> = row.get(3);
    DeadLetter {
        id: row.get::<_, i64>(0).unsigned_abs(),
        at: at
            .map(|(partition, offset)| SourcePosition { partition, offset: offset.unsigned_abs() }),
        card: card.and_then(|card| CardToken::parse(card).ok()),
        why: row.get(4),
        raw: row.get(5),
    }
}

fn bodies<T: DeserializeOwned>(rows: &[Row]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| decode(row.get(0))).collect()
}

fn with_faturas(
    session: &mut Session,
    cards: Vec<CardState>,
    now: Timestamp,
) -> Result<Vec<StatementCard>, StoreError> {
    let tokens: Vec<_> = cards.iter().map(|card| card.token.as_str()).collect();
    let open = |card: &CardState| Cycle::at(now, card.now.closing_day).0;
    let cycles: Vec<_> = cards.iter().map(open).collect();
    let found = session.query(FATURAS, &[&tokens, &cycles])?;
    let minors: HashMap<&str, i64> = found.iter().map(|row| (row.get(0), row.get(1))).collect();
    let with_fatura = |state: CardState| {
        let minor = minors.get(state.token.as_str()).copied().unwrap_or(0);
        let current_fatura = Money { minor, ..state.now.limit };
        StatementCard { state, current_fatura }
    };
    Ok(cards.into_iter().map(with_fatura).collect())
}

/// A limit as PostgreSQL's bigint.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
