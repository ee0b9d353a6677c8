//! The statement's rows in memory. A transaction keeps its writes apart until it commits.

use std::collections::BTreeMap;

use bancada_extrato::ports::{Offsets, Reached, SourcePosition, StoreError, Undecodable};
use bancada_extrato::statement::{BillPayment, CardState, Cycle, Rows, StatementLine};
use bancada_kernel::{CardToken, IdempotencyKey, PaymentId};

use crate::evidence::Line;
use crate::planted::Planted;
use crate::row::{Row, Total};

/// What is durable.
#[derive(Default)]
pub(super) struct Content {
    pub(super) cards: BTreeMap<CardToken, Row<CardState>>,
    pub(super) lines: Vec<Row<Line>>,
    totals: (Total, Total),
    pub(super) faturas: BTreeMap<(CardToken, Cycle), i64>,
    pub(super) held: BTreeMap<CardToken, u64>,
    pub(super) offsets: Offsets,
    pub(super) reached: Option<Reached>,
}

impl Content {
    fn reach(&mut self, reached: Option<Reached>) {
        self.reached = later(self.reached, reached);
    }

    /// A row is not what was written any more, or is gone.
    pub(super) fn damage(&mut self, nth: usize, is_gone: bool) {
        let n_lines = self.lines.len();
        if nth.is_multiple_of(4) {
            let Some(token) = self.cards.keys().nth(nth % self.cards.len().max(1)).cloned() else {
                return;
            };
            match self.cards.get_mut(&token).filter(|_| !is_gone) {
                Some(row) => row.value.now.balance.minor += 1,
                None => drop(self.cards.remove(&token)),
            }
        } else if is_gone && n_lines > 0 {
            self.lines.remove(nth % n_lines);
        } else if let Some(row) = self.lines.get_mut(nth % n_lines.max(1)) {
            row.value.minor += 1;
        }
    }

    /// Whether every row is what was written, and every table has the rows that were.
    pub(super) fn is_whole(&self, planted: Planted) -> bool {
        let are_rows = planted == Planted::BelieveStatementRows
            || self.cards.values().all(Row::is_whole) && self.lines.iter().all(Row::is_whole);
        let are_tables = planted == Planted::BelieveStatementTables
            || (Total::of(self.cards.values()), Total::of(self.lines.iter())) == self.totals;
        are_rows && are_tables
    }
}

fn later(one: Option<Reached>, other: Option<Reached>) -> Option<Reached> {
    one.into_iter().chain(other).max_by_key(|reached| reached.position)
}

/// An open transaction.
pub(super) struct Transaction<'a> {
    content: &'a mut Content,
    cards: Vec<CardState>,
    lines: Vec<Row<Line>>,
    faturas: BTreeMap<(CardToken, Cycle), i64>,
    held: BTreeMap<CardToken, Option<u64>>,
    offsets: Vec<SourcePosition>,
    reached: Option<Reached>,
    calls_until_failure: Option<u32>,
    planted: Planted,
}

impl<'a> Transaction<'a> {
    pub(super) fn begin(
        content: &'a mut Content,
        calls_until_failure: Option<u32>,
        planted: Planted,
    ) -> Transaction<'a> {
        Transaction {
            content,
            cards: Vec::new(),
            lines: Vec::new(),
            faturas: BTreeMap::new(),
            held: BTreeMap::new(),
            offsets: Vec::new(),
            reached: None,
            calls_until_failure,
            planted,
        }
    }

    pub(super) fn commit(self) {
        let content = self.content;
        for card in self.cards {
            let (token, row) = (card.token.clone(), Row::new(card));
            content.totals.0.put(&row, content.cards.get(&token));
            content.cards.insert(token, row);
        }
        for row in self.lines {
            content.totals.1.put(&row, None);
            content.lines.push(row);
        }
        for (fatura, minor) in self.faturas {
            content.faturas.insert(fatura, minor);
        }
        for (token, needed) in self.held {
            match needed {
                Some(needed) => content.held.insert(token, needed),
                None => content.held.remove(&token),
            };
        }
        for SourcePosition { partition, offset } in self.offsets {
            content.offsets.0.insert(partition, offset);
        }
        content.reach(self.reached);
    }

    fn call(&mut self) -> Result<(), StoreError> {
        match &mut self.calls_until_failure {
            Some(0) => Err(StoreError::Failed("the disk failed".to_owned())),
            Some(n_calls) => {
                *n_calls -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Rows for Transaction<'_> {
    fn card(&mut self, token: &CardToken) -> Result<Option<CardState>, StoreError> {
        self.call()?;
        let mut card = self.content.cards.get(token).map(|row| row.value.clone());
        if self.planted == Planted::IgnoreSequences
            && let Some(card) = &mut card
        {
            card.sequence = card.sequence.saturating_sub(1);
        }
        Ok(card)
    }

    fn put_card(&mut self, card: &CardState) -> Result<(), StoreError> {
        self.call()?;
        self.cards.push(card.clone());
        Ok(())
    }

    /// Nobody asks for bills on this statement.
    fn bill(&mut self, _: &IdempotencyKey) -> Result<Option<BillPayment>, StoreError> {
        self.call().map(|()| None)
    }

    fn put_bill(&mut self, _: &BillPayment) -> Result<(), StoreError> {
        self.call()
    }

    fn put_line(&mut self, token: &CardToken, line: &StatementLine) -> Result<(), StoreError> {
        self.call()?;
        self.lines.push(Row::new(Line {
            card: token.clone(),
            position: line.position,
            payment: line.transaction_id,
            kind: line.kind,
            minor: line.amount.minor,
        }));
        Ok(())
    }

    /// Nobody looks at holds on this statement.
    fn put_open_hold(&mut self, _: &CardToken, _: PaymentId, _: u64) -> Result<(), StoreError> {
        self.call()
    }

    fn end_hold(&mut self, _: &CardToken, _: PaymentId) -> Result<(), StoreError> {
        self.call()
    }

    fn put_fatura(
        &mut self,
        token: &CardToken,
        cycle: Cycle,
        minor: i64,
    ) -> Result<(), StoreError> {
        self.call()?;
        self.faturas.insert((token.clone(), cycle), minor);
        Ok(())
    }

    fn fatura(&mut self, token: &CardToken, cycle: Cycle) -> Result<i64, StoreError> {
        self.call()?;
        let fatura = (token.clone(), cycle);
        let kept = self.faturas.get(&fatura).or_else(|| self.content.faturas.get(&fatura));
        Ok(kept.copied().unwrap_or(0))
    }

    fn held(&mut self) -> Result<BTreeMap<CardToken, u64>, StoreError> {
        self.call()?;
        Ok(self.content.held.clone())
    }

    fn put_held(&mut self, token: &CardToken, needed_sequence: u64) -> Result<(), StoreError> {
        self.call()?;
        self.held.insert(token.clone(), Some(needed_sequence));
        Ok(())
    }

    fn release(&mut self, token: &CardToken) -> Result<(), StoreError> {
        self.call()?;
        self.held.insert(token.clone(), None);
        Ok(())
    }

    fn put_dead_letter(
        &mut self,
        _: Option<SourcePosition>,
        _: &Undecodable,
    ) -> Result<(), StoreError> {
        self.call()
    }

    fn put_offset(&mut self, at: SourcePosition) -> Result<(), StoreError> {
        self.call()?;
        self.offsets.push(at);
        Ok(())
    }

    fn put_progress(&mut self, reached: Reached) -> Result<(), StoreError> {
        self.call()?;
        self.reached = later(self.reached, Some(reached));
        Ok(())
    }
}
