//! The rows of one open transaction: read before the batch is folded, written after it.

use std::collections::{BTreeMap, HashMap};

use bancada_extrato::ports::{Reached, SourcePosition, SourceRecord, StoreError, Undecodable};
use bancada_extrato::statement::{BillPayment, CardState, Cycle, Rows, StatementLine};
use bancada_kernel::{CardToken, IdempotencyKey, PaymentId, Shard, Timestamp};

use super::super::session::Session;
use super::open_holds::OpenHolds;
use crate::statement::{
    decode, encode, hash_number, integer, is_open, read_token, searched, without_zeros,
};

const CARDS: &str = "SELECT body FROM bancada.statement_card WHERE token = ANY ($1)";
const FATURAS: &str = "
    SELECT token, cycle, minor
    FROM unnest($1::text[], $2::bigint[]) AS one (token, cycle)
    JOIN bancada.statement_fatura USING (token, cycle)";
const HELD: &str = "SELECT token, needed_sequence FROM bancada.statement_held";
const BILL: &str = "SELECT body FROM bancada.statement_bill WHERE key = $1";
const PUT_BILL: &str = "
    INSERT INTO bancada.statement_bill (key, token, is_open, body) VALUES ($1, $2, $3, $4)
    ON CONFLICT (key) DO UPDATE SET is_open = excluded.is_open, body = excluded.body";
const PUT_CARDS: &str = "
    INSERT INTO bancada.statement_card (token, holder, masked_number, position, body)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
    ON CONFLICT (token) DO UPDATE SET
        holder = excluded.holder, masked_number = excluded.masked_number,
        position = excluded.position, body = excluded.body";
const PUT_LINES: &str = "
    INSERT INTO bancada.statement_line (token, position, kind, occurred_at_ms, searched, body)
    SELECT * FROM unnest(
        $1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[])";
const PUT_FATURAS: &str = "
    INSERT INTO bancada.statement_fatura (token, cycle, minor)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
    ON CONFLICT (token, cycle) DO UPDATE SET minor = excluded.minor";
const PUT_HELD: &str = "
    INSERT INTO bancada.statement_held (token, needed_sequence)
    SELECT * FROM unnest($1::text[], $2::bigint[])
    ON CONFLICT (token) DO UPDATE SET needed_sequence = excluded.needed_sequence";
const RELEASE: &str = "DELETE FROM bancada.statement_held WHERE token = ANY ($1)";
const PUT_DEAD_LETTER: &str = "
    INSERT INTO bancada.statement_dead_letter (source_partition, source_offset, token, why, raw)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (source_partition, source_offset) DO NOTHING";
const PUT_OFFSETS: &str = "
    INSERT INTO bancada.statement_source (source_partition, source_offset)
    SELECT * FROM unnest($1::bigint[], $2::bigint[])
    ON CONFLICT (source_partition) DO UPDATE SET source_offset = excluded.source_offset";
const PUT_PROGRESS: &str = "
    INSERT INTO bancada.statement_reached AS known (shard, position, event)
    SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[])
    ON CONFLICT (shard) DO UPDATE SET position = excluded.position, event = excluded.event
    WHERE excluded.position > known.position";

pub(super) struct OpenTransaction<'a> {
    session: &'a mut Session,
    /// As they are in the database or were changed since.
    cards: HashMap<CardToken, Option<CardState>>,
    faturas: HashMap<(CardToken, Cycle), i64>,
    // What is written at the end.
    changed: BTreeMap<CardToken, CardState>,
    lines: Vec<(CardToken, StatementLine)>,
    changed_faturas: BTreeMap<(CardToken, Cycle), i64>,
    open_holds: OpenHolds,
    held: BTreeMap<CardToken, Option<u64>>,
    offsets: BTreeMap<u32, u64>,
    reached: BTreeMap<u16, Reached>,
}

impl<'a> OpenTransaction<'a> {
    /// With the cards of these records, and their faturas that are open now or were then.
    pub(super) fn of_records(
        session: &'a mut Session,
        records: &[SourceRecord],
        now: Timestamp,
    ) -> Result<OpenTransaction<'a>, StoreError> {
        let (mut tokens, mut faturas) = (Vec::new(), BTreeMap::new());
        for record in records {
            match &record.event {
                Ok(event) => {
                    let Some(card) = &event.card else { continue };
                    tokens.push(&card.token);
                    if let Some(after) = &card.after {
                        for moment in [now, event.occurred_at] {
                            let open = Cycle::at(moment, after.closing_day);
                            faturas.insert((card.token.clone(), open), 0);
                        }
                    }
                }
                Err(undecodable) => tokens.extend(&undecodable.card),
            }
        }
        let mut rows = OpenTransaction::of_cards(session, tokens.into_iter())?;
        rows.read_faturas(faturas)?;
        Ok(rows)
    }

    /// With these cards.
    pub(super) fn of_cards<'b>(
        session: &'a mut Session,
        tokens: impl Iterator<Item = &'b CardToken>,
    ) -> Result<OpenTransaction<'a>, StoreError> {
        let mut cards: HashMap<_, _> = tokens.map(|token| (token.clone(), None)).collect();
        if !cards.is_empty() {
            let tokens: Vec<_> = cards.keys().map(CardToken::as_str).collect();
            let rows = session.query(CARDS, &[&tokens])?;
            for row in rows {
                let card: CardState = decode(row.get(0))?;
                cards.insert(card.token.clone(), Some(card));
            }
        }
        Ok(OpenTransaction {
            session,
            cards,
            faturas: HashMap::new(),
            changed: BTreeMap::new(),
            lines: Vec::new(),
            changed_faturas: BTreeMap::new(),
            open_holds: OpenHolds::default(),
            held: BTreeMap::new(),
            offsets: BTreeMap::new(),
            reached: BTreeMap::new(),
        })
    }

    fn read_faturas(
        &mut self,
        wanted: BTreeMap<(CardToken, Cycle), i64>,
    ) -> Result<(), StoreError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let tokens: Vec<_> = wanted.keys().map(|(token, _)| token.as_str()).collect();
        let cycles: Vec<_> = wanted.keys().map(|(_, Cycle(cycle))| *cycle).collect();
        let rows = self.session.query(FATURAS, &[&tokens, &cycles])?;
        // Where nothing was bought yet there is no row.
        self.faturas.extend(wanted);
        for row in rows {
            self.faturas.insert((read_token(row.get(0))?, Cycle(row.get(1))), row.get(2));
        }
        Ok(())
    }

    /// Writes everything that was changed.
    pub(super) fn write(mut self) -> Result<(), StoreError> {
        self.write_cards()?;
        self.write_lines()?;
        self.open_holds.write(self.session)?;
        self.write_faturas()?;
        self.write_held()?;
        self.write_places()
    }

    fn write_cards(&mut self) -> Result<(), StoreError> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let cards: Vec<_> = self.changed.values().collect();
        let tokens: Vec<_> = cards.iter().map(|card| card.token.as_str()).collect();
        let holders: Vec<_> = cards.iter().map(|card| without_zeros(&card.now.holder)).collect();
        let numbers: Vec<_> = cards.iter().map(|card| card.masked_number.as_str()).collect();
        let positions = all(&cards, |card| integer(card.position))?;
        let bodies = all(&cards, encode)?;
        self.session.execute(PUT_CARDS, &[&tokens, &holders, &numbers, &positions, &bodies])?;
        Ok(())
    }

    fn write_lines(&mut self) -> Result<(), StoreError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = &self.lines;
        let tokens: Vec<_> = lines.iter().map(|(token, _)| token.as_str()).collect();
        let positions = all(lines, |(_, line)| integer(line.position))?;
        let kinds: Vec<_> = lines.iter().map(|(_, line)| line.kind.word()).collect();
        let moments: Vec<_> = lines.iter().map(|(_, line)| line.occurred_at.0).collect();
        let texts: Vec<_> = lines.iter().map(|(_, line)| searched(line)).collect();
        let bodies = all(lines, |(_, line)| encode(line))?;
        self.session
            .execute(PUT_LINES, &[&tokens, &positions, &kinds, &moments, &texts, &bodies])?;
        Ok(())
    }

    fn write_faturas(&mut self) -> Result<(), StoreError> {
        if self.changed_faturas.is_empty() {
            return Ok(());
        }
        let tokens: Vec<_> = self.changed_faturas.keys().map(|(token, _)| token.as_str()).collect();
        let cycles: Vec<_> = self.changed_faturas.keys().map(|(_, Cycle(cycle))| *cycle).collect();
        let minors: Vec<_> = self.changed_faturas.values().copied().collect();
        self.session.execute(PUT_FATURAS, &[&tokens, &cycles, &minors])?;
        Ok(())
    }

    fn write_held(&mut self) -> Result<(), StoreError> {
        let (mut released, mut tokens, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
        for (token, needed) in &self.held {
            match needed {
                Some(needed) => {
                    tokens.push(token.as_str());
                    sequences.push(integer(*needed)?);
                }
                None => released.push(token.as_str()),
            }
        }
        if !released.is_empty() {
            self.session.execute(RELEASE, &[&released])?;
        }
        if !tokens.is_empty() {
            self.session.execute(PUT_HELD, &[&tokens, &sequences])?;
        }
        Ok(())
    }

    /// How far the source and the Bank's journal have been read.
    fn write_places(&mut self) -> Result<(), StoreError> {
        if !self.offsets.is_empty() {
            let partitions: Vec<_> = self.offsets.keys().map(|it| i64::from(*it)).collect();
            let offsets = all(self.offsets.values(), |offset| integer(*offset))?;
            self.session.execute(PUT_OFFSETS, &[&partitions, &offsets])?;
        }
        if !self.reached.is_empty() {
            let shards: Vec<_> = self.reached.keys().map(|it| i32::from(*it)).collect();
            let positions = all(self.reached.values(), |reached| integer(reached.position))?;
            let events: Vec<_> =
                self.reached.values().map(|reached| hash_number(reached.event)).collect();
            self.session.execute(PUT_PROGRESS, &[&shards, &positions, &events])?;
        }
        Ok(())
    }
}

impl Rows for OpenTransaction<'_> {
    fn card(&mut self, token: &CardToken) -> Result<Option<CardState>, StoreError> {
        if let Some(card) = self.cards.get(token) {
            return Ok(card.clone());
        }
        let rows = self.session.query(CARDS, &[&[token.as_str()].as_slice()])?;
        let card: Option<CardState> = rows.first().map(|row| decode(row.get(0))).transpose()?;
        self.cards.insert(token.clone(), card.clone());
        Ok(card)
    }

    fn put_card(&mut self, card: &CardState) -> Result<(), StoreError> {
        self.cards.insert(card.token.clone(), Some(card.clone()));
        self.changed.insert(card.token.clone(), card.clone());
        Ok(())
    }

    fn put_line(&mut self, token: &CardToken, line: &StatementLine) -> Result<(), StoreError> {
        self.lines.push((token.clone(), line.clone()));
        Ok(())
    }

    fn put_open_hold(
        &mut self,
        token: &CardToken,
        payment: PaymentId,
        position: u64,
    ) -> Result<(), StoreError> {
        self.open_holds.put(token, payment, position);
        Ok(())
    }

    fn end_hold(&mut self, token: &CardToken, payment: PaymentId) -> Result<(), StoreError> {
        self.open_holds.end(token, payment);
        Ok(())
    }

    fn put_fatura(
        &mut self,
        token: &CardToken,
        cycle: Cycle,
        minor: i64,
    ) -> Result<(), StoreError> {
        self.faturas.insert((token.clone(), cycle), minor);
        self.changed_faturas.insert((token.clone(), cycle), minor);
        Ok(())
    }

    fn fatura(&mut self, token: &CardToken, cycle: Cycle) -> Result<i64, StoreError> {
        let key = (token.clone(), cycle);
        if !self.faturas.contains_key(&key) {
            self.read_faturas(BTreeMap::from([(key.clone(), 0)]))?;
        }
        Ok(self.faturas.get(&key).copied().unwrap_or(0))
    }

    fn held(&mut self) -> Result<BTreeMap<CardToken, u64>, StoreError> {
        let mut held = BTreeMap::new();
        for row in self.session.query(HELD, &[])? {
            held.insert(read_token(row.get(0))?, row.get::<_, i64>(1).unsigned_abs());
        }
        for (token, needed) in &self.held {
            match needed {
                Some(needed) => held.insert(token.clone(), *needed),
                None => held.remove(token),
            };
        }
        Ok(held)
    }

    fn put_held(&mut self, token: &CardToken, needed_sequence: u64) -> Result<(), StoreError> {
        self.held.insert(token.clone(), Some(needed_sequence));
        Ok(())
    }

    fn release(&mut self, token: &CardToken) -> Result<(), StoreError> {
        self.held.insert(token.clone(), None);
        Ok(())
    }

    /// At once, for they are few.
    fn put_dead_letter(
        &mut self,
        at: Option<SourcePosition>,
        record: &Undecodable,
    ) -> Result<(), StoreError> {
        let partition = at.map(|at| i64::from(at.partition));
        let offset = at.map(|at| integer(at.offset)).transpose()?;
        let token = record.card.as_ref().map(CardToken::as_str);
        let why = without_zeros(&record.why);
        self.session.execute(PUT_DEAD_LETTER, &[&partition, &offset, &token, &why, &record.raw])?;
        Ok(())
    }

    /// At once, for they are few.
    fn bill(&mut self, key: &IdempotencyKey) -> Result<Option<BillPayment>, StoreError> {
        find_bill(self.session, key.as_str())
    }

    fn put_bill(&mut self, payment: &BillPayment) -> Result<(), StoreError> {
        let (key, token) = (payment.key.as_str(), payment.token.as_str());
        self.session.execute(PUT_BILL, &[&key, &token, &is_open(payment), &encode(payment)?])?;
        Ok(())
    }

    fn put_offset(&mut self, at: SourcePosition) -> Result<(), StoreError> {
        self.offsets.insert(at.partition, at.offset);
        Ok(())
    }

    fn put_progress(&mut self, reached: Reached) -> Result<(), StoreError> {
        let shard = Shard::of_position(reached.position).number();
        let last = self.reached.entry(shard).or_insert(reached);
        if reached.position > last.position {
            *last = reached;
        }
        Ok(())
    }
}

/// The payment of a bill that was asked for with this key.
pub(super) fn find_bill(
    session: &mut Session,
    key: &str,
) -> Result<Option<BillPayment>, StoreError> {
    session.query(BILL, &[&key])?.first().map(|row| decode(row.get(0))).transpose()
}

fn all<T, U>(
    values: impl IntoIterator<Item = T>,
    of: impl FnMut(T) -> Result<U, StoreError>,
) -> Result<Vec<U>, StoreError> {
    values.into_iter().map(of).collect()
}
