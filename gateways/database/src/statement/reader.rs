//! Reads statements beside their writer.

use std::sync::{MutexGuard, PoisonError};

use bancada_extrato::ports::{SourcePosition, StatementReader, StoreError};
use bancada_extrato::statement::{
    BillPayment, CardState, Cycle, DeadLetter, Filter, LineKind, StatementCard, StatementLine,
    searchable,
};
use bancada_kernel::{CardToken, Money, Timestamp};
use rusqlite::{Connection, Params, params};

use super::rows::fatura;
use super::schema::SCHEMA;
use super::{SqliteStatements, decode, failure, integer, not_opened, without_zeros};

/// The bodies of payments of bills that are what was written.
macro_rules! bill {
    () => {
        "SELECT checked(body, checksum, 'bill', id, key, token, is_open, body) FROM bill"
    };
}
pub(super) use bill;

/// Dead letters that are what was written.
macro_rules! dead_letter {
    () => {
        "SELECT checked(id, checksum, 'dead_letter', id, source_partition, source_offset, token,
                        why, raw, is_handed_on),
                source_partition, source_offset, token, why, raw
         FROM dead_letter"
    };
}
pub(super) use dead_letter;

/// A connection of its own: a reader never waits for the writer, only for other readers.
pub struct SqliteStatementReader {
    pub(super) statements: SqliteStatements,
}

/// The connection while somebody reads.
struct Reading<'a>(MutexGuard<'a, Option<Connection>>);

impl std::ops::Deref for Reading<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0.as_ref().expect("it was opened when it was locked")
    }
}

impl SqliteStatementReader {
    fn lock(&self) -> Result<Reading<'_>, StoreError> {
        let SqliteStatements { path, reading } = &self.statements;
        let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
        if reading.is_none() {
            *reading = Some(SCHEMA.open_reader(path).map_err(not_opened)?);
        }
        Ok(Reading(reading))
    }
}

impl StatementReader for SqliteStatementReader {
    fn cards(
        &self,
        now: Timestamp,
        after: Option<&CardToken>,
        limit: usize,
    ) -> Result<Vec<StatementCard>, StoreError> {
        let connection = self.lock()?;
        // Sorted first, so that only what is shown is checked.
        let sql = "SELECT checked(body, checksum, 'card', token, holder, masked_number, position,
                                  body)
             FROM (SELECT token AS listed FROM card
                   WHERE ?1 IS NULL OR (holder, masked_number, token) >
                       (SELECT holder, masked_number, token FROM card WHERE token = ?1)
                   ORDER BY holder, masked_number, token LIMIT ?2)
             JOIN card ON token = listed
             ORDER BY holder, masked_number, token";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after = after.map(CardToken::as_str);
        let cards: Vec<CardState> = read_all(&connection, sql, params![after, limit])?;
        cards.into_iter().map(|card| with_fatura(&connection, card, now)).collect()
    }

    fn card(&self, token: &CardToken, now: Timestamp) -> Result<Option<StatementCard>, StoreError> {
        let connection = self.lock()?;
        let sql = "SELECT checked(body, checksum, 'card', token, holder, masked_number, position,
                                  body)
             FROM card WHERE token = ?1";
        let found = read_all::<CardState>(&connection, sql, [token.as_str()])?;
        found.into_iter().next().map(|card| with_fatura(&connection, card, now)).transpose()
    }

    fn lines(&self, token: &CardToken, filter: &Filter) -> Result<Vec<StatementLine>, StoreError> {
        let sql = r"SELECT checked(body, checksum, 'line', token, position, kind,
                                  occurred_at_ms, searched, body)
             FROM line
             WHERE token = ?1 AND position < ?2
               AND (?3 IS NULL OR kind = ?3)
               AND (?4 IS NULL OR occurred_at_ms >= ?4)
               AND (?5 IS NULL OR occurred_at_ms < ?5)
               AND (?6 IS NULL OR searched LIKE ?6 ESCAPE '\')
             ORDER BY position DESC LIMIT ?7";
        let before = filter.before.map_or(Ok(i64::MAX), integer)?;
        let parameters = params![
            token.as_str(),
            before,
            filter.kind.map(LineKind::word),
            filter.from.map(|from| from.0),
            filter.to.map(|to| to.0),
            filter.search.as_deref().map(pattern),
            i64::try_from(filter.limit).unwrap_or(i64::MAX)
        ];
        read_all(&*self.lock()?, sql, parameters)
    }

    fn lines_after(
        &self,
        token: &CardToken,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let sql = "SELECT checked(body, checksum, 'line', token, position, kind,
                                  occurred_at_ms, searched, body)
             FROM line WHERE token = ?1 AND position > ?2
             ORDER BY position LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        read_all(&*self.lock()?, sql, params![token.as_str(), integer(after)?, limit])
    }

    fn open_holds(&self, token: &CardToken, first: u64, last: u64) -> Result<Vec<u64>, StoreError> {
        let sql = "SELECT checked(position, checksum, 'open_hold', token, payment, position)
             FROM open_hold WHERE token = ?1 AND position BETWEEN ?2 AND ?3";
        let connection = self.lock()?;
        let mut statement = connection.prepare_cached(sql).map_err(failure)?;
        let parameters = params![token.as_str(), integer(first)?, integer(last)?];
        let rows = statement.query_map(parameters, |row| row.get::<_, i64>(0)).map_err(failure)?;
        rows.map(|row| row.map(i64::unsigned_abs).map_err(failure)).collect()
    }

    fn bills(&self, token: &CardToken, limit: usize) -> Result<Vec<BillPayment>, StoreError> {
        let sql = concat!(bill!(), " WHERE token = ?1 ORDER BY id DESC LIMIT ?2");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        read_all(&*self.lock()?, sql, params![token.as_str(), limit])
    }

    fn dead_letters(&self, after: u64, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let sql = concat!(dead_letter!(), " WHERE id > ?1 ORDER BY id LIMIT ?2");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        dead_letters(&*self.lock()?, sql, params![integer(after)?, limit])
    }
}

pub(super) fn dead_letters(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<DeadLetter>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failure)?;
    let letters = statement.query_map(parameters, |row| {
        let at = row.get::<_, Option<u32>>(1)?.zip(row.get::<_, Option<i64>>(2)?);
        let card: Option<String> = row.get(3)?;
        Ok(DeadLetter {
            id: row.get::<_, i64>(0)?.unsigned_abs(),
            at: at.map(|(partition, offset)| SourcePosition {
                partition,
                offset: offset.unsigned_abs(),
            }),
            card: card.and_then(|card| CardToken::parse(&card).ok()),
            why: row.get(4)?,
            raw: row.get(5)?,
        })
    });
    letters.map_err(failure)?.collect::<Result<_, _>>().map_err(failure)
}

/// A LIKE pattern that finds the text itself, whatever is in it.
pub(crate) fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in searchable(&without_zeros(search.trim())).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn with_fatura(
    connection: &Connection,
    state: CardState,
    now: Timestamp,
) -> Result<StatementCard, StoreError> {
    let minor = fatura(connection, &state.token, Cycle::at(now, state.now.closing_day))?;
    let current_fatura = Money { minor, ..state.now.limit };
    Ok(StatementCard { state, current_fatura })
}

pub(super) fn read_all<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(failure)?;
    let mut rows = statement.query(parameters).map_err(failure)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failure)? {
        let body = row.get_ref(0).and_then(|value| Ok(value.as_str()?)).map_err(failure)?;
        found.push(decode(body)?);
    }
    Ok(found)
}
