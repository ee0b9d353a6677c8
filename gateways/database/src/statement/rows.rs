//! The rows of one open transaction.

use std::collections::BTreeMap;

use bancada_extrato::ports::{Reached, SourcePosition, StoreError, Undecodable};
use bancada_extrato::statement::{BillPayment, CardState, Cycle, Rows, StatementLine};
use bancada_kernel::{CardToken, IdempotencyKey, Shard};
use rusqlite::{OptionalExtension as _, Params, Transaction, params};

use super::{
    decode, encode, failure, hash_number, integer, is_open, read_all, read_token, searched,
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
            .prepare_cached("SELECT body FROM card WHERE token = ?1")
            .and_then(|mut card| {
                card.query_row([token.as_str()], |row| row.get::<_, String>(0)).optional()
            })
            .map_err(failure)?
            .map(|body| decode(&body))
            .transpose()
    }

    fn put_card(&mut self, card: &CardState) -> Result<(), StoreError> {
        self.run(
            "INSERT OR REPLACE INTO card (token, holder, masked_number, position, body)
             VALUES (?1, ?2, ?3, ?4, ?5)",
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
            "INSERT INTO line (token, position, kind, occurred_at_ms, searched, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
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

    fn put_fatura(
        &mut self,
        token: &CardToken,
        Cycle(cycle): Cycle,
        minor: i64,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO fatura (token, cycle, minor) VALUES (?1, ?2, ?3)
             ON CONFLICT (token, cycle) DO UPDATE SET minor = excluded.minor",
            params![token.as_str(), cycle, minor],
        )
    }

    fn fatura(&mut self, token: &CardToken, cycle: Cycle) -> Result<i64, StoreError> {
        fatura(&self.0, token, cycle)
    }

    fn held(&mut self) -> Result<BTreeMap<CardToken, u64>, StoreError> {
        let mut statement =
            self.0.prepare_cached("SELECT token, needed_sequence FROM held").map_err(failure)?;
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
            "INSERT OR REPLACE INTO held (token, needed_sequence) VALUES (?1, ?2)",
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
            "INSERT INTO dead_letter (source_partition, source_offset, token, why, raw)
             VALUES (?1, ?2, ?3, ?4, ?5)
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
        self.run(
            "INSERT INTO bill (key, token, is_open, body) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET is_open = excluded.is_open, body = excluded.body",
            params![
                payment.key.as_str(),
                payment.token.as_str(),
                is_open(payment),
                encode(payment)?
            ],
        )
    }

    fn put_offset(&mut self, at: SourcePosition) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO source (source_partition, source_offset) VALUES (?1, ?2)
             ON CONFLICT (source_partition) DO UPDATE SET source_offset = excluded.source_offset",
            params![at.partition, integer(at.offset)?],
        )
    }

    fn put_progress(&mut self, Reached { position, event }: Reached) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO reached (shard, position, event) VALUES (?1, ?2, ?3)
             ON CONFLICT (shard) DO UPDATE
             SET position = excluded.position, event = excluded.event
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

/// The payment of a bill that was asked for with this key.
pub(super) fn find_bill(
    connection: &rusqlite::Connection,
    key: &str,
) -> Result<Option<BillPayment>, StoreError> {
    let found = read_all(connection, "SELECT body FROM bill WHERE key = ?1", [key])?;
    Ok(found.into_iter().next())
}

/// The sum of a fatura in minor units; 0 where nothing was bought.
pub(super) fn fatura(
    connection: &rusqlite::Connection,
    token: &CardToken,
    Cycle(cycle): Cycle,
) -> Result<i64, StoreError> {
    let sum = connection
        .prepare_cached("SELECT minor FROM fatura WHERE token = ?1 AND cycle = ?2")
        .and_then(|mut sum| {
            sum.query_row(params![token.as_str(), cycle], |row| row.get(0)).optional()
        })
        .map_err(failure)?;
    Ok(sum.unwrap_or(0))
}
