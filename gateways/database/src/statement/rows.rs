//! The rows of one open transaction.

use std::collections::BTreeMap;

use bancada_extrato::ports::{Reached, SourcePosition, StoreError, Undecodable};
use bancada_extrato::statement::{BillPayment, CardState, Cycle, Rows, StatementLine};
use bancada_kernel::{CardToken, IdempotencyKey, PaymentId, Shard};
use rusqlite::{OptionalExtension as _, Params, Transaction, params};

use super::{
    bill, decode, encode, failure, hash_number, integer, is_open, read_all, read_token, searched,
};

pub(super) struct OpenTransaction<'a>(pub(super) Transaction<'a>);

impl OpenTransaction<'_> {
    fn run(&self, sql: &str, parameters: impl Params) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(sql).map_err(failure)?;
        statement.execute(parameters).map_err(failure)?;
        Ok(())
    }
}

impl Rows for OpenTransaction<'_> {
    fn card(&mut self, token: &CardToken) -> Result<Option<CardState>, StoreError> {
        self.0
            .prepare_cached(
                "SELECT checked(body, checksum, 'card', token, holder, masked_number, position,
                                body)
                 FROM card WHERE token = ?1",
            )
            .and_then(|mut card| {
                card.query_row([token.as_str()], |row| row.get::<_, String>(0)).optional()
            })
            .map_err(failure)?
            .map(|body| decode(&body))
            .transpose()
    }

    fn put_card(&mut self, card: &CardState) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO card (token, holder, masked_number, position, body, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, row_sum('card', ?1, ?2, ?3, ?4, ?5))
             ON CONFLICT (token) DO UPDATE
             SET holder = excluded.holder, masked_number = excluded.masked_number,
                 position = excluded.position, body = excluded.body,
                 checksum = excluded.checksum",
            params![
                card.token.as_str(),
                card.now.holder,
                card.masked_number,
                integer(card.position)?,
                encode(card)?
            ],
        )
    }

    fn put_line(&mut self, token: &CardToken, line: &StatementLine) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO line (token, position, kind, occurred_at_ms, searched, body, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, row_sum('line', ?1, ?2, ?3, ?4, ?5, ?6))",
            params![
                token.as_str(),
                integer(line.position)?,
                line.kind.word(),
                line.occurred_at.0,
                searched(line),
                encode(line)?
            ],
        )
    }

    fn put_open_hold(
        &mut self,
        token: &CardToken,
        payment: PaymentId,
        position: u64,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO open_hold (token, payment, position, checksum)
             VALUES (?1, ?2, ?3, row_sum('open_hold', ?1, ?2, ?3))
             ON CONFLICT (token, payment) DO UPDATE
             SET position = excluded.position, checksum = excluded.checksum",
            params![token.as_str(), payment.to_string(), integer(position)?],
        )
    }

    fn end_hold(&mut self, token: &CardToken, payment: PaymentId) -> Result<(), StoreError> {
        let sql = "DELETE FROM open_hold WHERE token = ?1 AND payment = ?2";
        self.run(sql, params![token.as_str(), payment.to_string()])
    }

    fn put_fatura(
        &mut self,
        token: &CardToken,
        Cycle(cycle): Cycle,
        minor: i64,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO fatura (token, cycle, minor, checksum)
             VALUES (?1, ?2, ?3, row_sum('fatura', ?1, ?2, ?3))
             ON CONFLICT (token, cycle) DO UPDATE
             SET minor = excluded.minor, checksum = excluded.checksum",
            params![token.as_str(), cycle, minor],
        )
    }

    fn fatura(&mut self, token: &CardToken, cycle: Cycle) -> Result<i64, StoreError> {
        fatura(&self.0, token, cycle)
    }

    fn held(&mut self) -> Result<BTreeMap<CardToken, u64>, StoreError> {
        let sql = "SELECT token, checked(needed_sequence, checksum, 'held', token, needed_sequence)
                   FROM held";
        let mut statement = self.0.prepare_cached(sql).map_err(failure)?;
        let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let rows = statement.query_map((), columns).map_err(failure)?;
        rows.map(|row| {
            let (token, needed): (String, i64) = row.map_err(failure)?;
            Ok((read_token(&token)?, needed.unsigned_abs()))
        })
        .collect()
    }

    fn put_held(&mut self, token: &CardToken, needed_sequence: u64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO held (token, needed_sequence, checksum)
             VALUES (?1, ?2, row_sum('held', ?1, ?2))
             ON CONFLICT (token) DO UPDATE
             SET needed_sequence = excluded.needed_sequence, checksum = excluded.checksum",
            params![token.as_str(), integer(needed_sequence)?],
        )
    }

    fn release(&mut self, token: &CardToken) -> Result<(), StoreError> {
        self.run("DELETE FROM held WHERE token = ?1", [token.as_str()])
    }

    fn put_dead_letter(
        &mut self,
        at: Option<SourcePosition>,
        record: &Undecodable,
    ) -> Result<(), StoreError> {
        let (partition, offset) = place(at)?;
        self.run(
            "INSERT INTO dead_letter
                 (id, source_partition, source_offset, token, why, raw, is_handed_on, checksum)
             SELECT next, ?1, ?2, ?3, ?4, ?5, 0,
                 row_sum('dead_letter', next, ?1, ?2, ?3, ?4, ?5, 0)
             FROM (SELECT coalesce(max(id), 0) + 1 AS next FROM dead_letter)
             WHERE true
             ON CONFLICT (source_partition, source_offset) DO NOTHING",
            params![
                partition,
                offset,
                record.card.as_ref().map(CardToken::as_str),
                record.why,
                record.raw
            ],
        )
    }

    fn bill(&mut self, key: &IdempotencyKey) -> Result<Option<BillPayment>, StoreError> {
        find_bill(&self.0, key.as_str())
    }

    fn put_bill(&mut self, payment: &BillPayment) -> Result<(), StoreError> {
        // One that is there was read, and so checked, a moment ago.
        let change = "UPDATE bill SET is_open = ?3, body = ?4,
                 checksum = row_sum('bill', id, key, token, ?3, ?4)
             WHERE key = ?1 AND token = ?2";
        let parameters = params![
            payment.key.as_str(),
            payment.token.as_str(),
            is_open(payment),
            encode(payment)?
        ];
        let changed = self.0.prepare_cached(change).and_then(|mut it| it.execute(parameters));
        match changed.map_err(failure)? {
            0 => insert_bill(&self.0, payment),
            _ => Ok(()),
        }
    }

    fn put_offset(&mut self, at: SourcePosition) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO source (source_partition, source_offset, checksum)
             VALUES (?1, ?2, row_sum('source', ?1, ?2))
             ON CONFLICT (source_partition) DO UPDATE
             SET source_offset = excluded.source_offset, checksum = excluded.checksum",
            params![at.partition, integer(at.offset)?],
        )
    }

    fn put_progress(&mut self, Reached { position, event }: Reached) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO reached (shard, position, event, checksum)
             VALUES (?1, ?2, ?3, row_sum('reached', ?1, ?2, ?3))
             ON CONFLICT (shard) DO UPDATE
             SET position = excluded.position, event = excluded.event,
                 checksum = excluded.checksum
             WHERE excluded.position > position",
            params![Shard::of_position(position).number(), integer(position)?, hash_number(event)],
        )
    }
}

/// The columns of a dead letter's place.
pub(super) fn place(at: Option<SourcePosition>) -> Result<(Option<u32>, Option<i64>), StoreError> {
    let offset = at.map(|at| integer(at.offset)).transpose()?;
    Ok((at.map(|at| at.partition), offset))
}

/// Adds a payment of a bill whose key has none yet.
pub(super) fn insert_bill(
    connection: &rusqlite::Connection,
    payment: &BillPayment,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO bill (id, key, token, is_open, body, checksum)
        SELECT next, ?1, ?2, ?3, ?4, row_sum('bill', next, ?1, ?2, ?3, ?4)
        FROM (SELECT coalesce(max(id), 0) + 1 AS next FROM bill)";
    let parameters =
        params![payment.key.as_str(), payment.token.as_str(), is_open(payment), encode(payment)?];
    let inserted = connection.prepare_cached(sql).and_then(|mut it| it.execute(parameters));
    inserted.map(drop).map_err(failure)
}

/// The payment of a bill that was asked for with this key.
pub(super) fn find_bill(
    connection: &rusqlite::Connection,
    key: &str,
) -> Result<Option<BillPayment>, StoreError> {
    let found = read_all(connection, concat!(bill!(), " WHERE key = ?1"), [key])?;
    Ok(found.into_iter().next())
}

/// The sum of a fatura in minor units; 0 where nothing was bought.
pub(super) fn fatura(
    connection: &rusqlite::Connection,
    token: &CardToken,
    Cycle(cycle): Cycle,
) -> Result<i64, StoreError> {
    let sum = connection
        .prepare_cached(
            "SELECT checked(minor, checksum, 'fatura', token, cycle, minor)
             FROM fatura WHERE token = ?1 AND cycle = ?2",
        )
        .and_then(|mut sum| {
            sum.query_row(params![token.as_str(), cycle], |row| row.get(0)).optional()
        })
        .map_err(failure)?;
    Ok(sum.unwrap_or(0))
}
