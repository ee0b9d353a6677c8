//! Statements in memory, for tests. A store that survives its openers, as a disk does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bancada_kernel::{CardToken, IdempotencyKey, Money, PaymentId, Shard, Timestamp};

use super::{
    Applied, BillOutcome, BillPayment, CardState, Cycle, DeadLetter, Filter, HeldCard, Rows,
    StatementCard, StatementLine, fold, hold_behind, release, searchable, settle_bill,
};
use crate::ports::{
    BankCard, Offsets, Reached, SourcePosition, SourceRecord, StatementReader, StatementStore,
    StatementStoreOpener, StoreError, Undecodable,
};

/// Everything that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) cards: BTreeMap<CardToken, CardState>,
    pub(crate) lines: BTreeMap<(CardToken, u64), StatementLine>,
    pub(crate) open_holds: BTreeMap<(CardToken, PaymentId), u64>,
    pub(crate) faturas: BTreeMap<(CardToken, Cycle), i64>,
    pub(crate) held: BTreeMap<CardToken, u64>,
    pub(crate) dead_letters: BTreeMap<Option<SourcePosition>, DeadLetter>,
    pub(crate) handed_on: BTreeSet<Option<SourcePosition>>,
    pub(crate) bills: Vec<BillPayment>,
    pub(crate) offsets: Offsets,
    pub(crate) progress: BTreeMap<Shard, Reached>,
}

impl Content {
    /// One batch on its own.
    pub(crate) fn apply(&mut self, records: &[SourceRecord], now: Timestamp) -> Applied {
        fold(self, records, now).unwrap()
    }

    /// What the cards show, without what only says how it came about.
    pub(crate) fn shown(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let Content { cards, lines, faturas, open_holds, .. } = self.clone();
        (cards, lines, faturas, open_holds)
    }
}

impl Rows for Content {
    fn card(&mut self, token: &CardToken) -> Result<Option<CardState>, StoreError> {
        Ok(self.cards.get(token).cloned())
    }

    fn put_card(&mut self, card: &CardState) -> Result<(), StoreError> {
        self.cards.insert(card.token.clone(), card.clone());
        Ok(())
    }

    fn put_line(&mut self, token: &CardToken, line: &StatementLine) -> Result<(), StoreError> {
        let before = self.lines.insert((token.clone(), line.position), line.clone());
        assert_eq!(before, None, "a line is added once");
        Ok(())
    }

    fn put_open_hold(
        &mut self,
        token: &CardToken,
        payment: PaymentId,
        position: u64,
    ) -> Result<(), StoreError> {
        self.open_holds.insert((token.clone(), payment), position);
        Ok(())
    }

    fn end_hold(&mut self, token: &CardToken, payment: PaymentId) -> Result<(), StoreError> {
        self.open_holds.remove(&(token.clone(), payment));
        Ok(())
    }

    fn put_fatura(
        &mut self,
        token: &CardToken,
        cycle: Cycle,
        minor: i64,
    ) -> Result<(), StoreError> {
        self.faturas.insert((token.clone(), cycle), minor);
        Ok(())
    }

    fn fatura(&mut self, token: &CardToken, cycle: Cycle) -> Result<i64, StoreError> {
        Ok(self.faturas.get(&(token.clone(), cycle)).copied().unwrap_or(0))
    }

    fn held(&mut self) -> Result<BTreeMap<CardToken, u64>, StoreError> {
        Ok(self.held.clone())
    }

    fn put_held(&mut self, token: &CardToken, needed_sequence: u64) -> Result<(), StoreError> {
        self.held.insert(token.clone(), needed_sequence);
        Ok(())
    }

    fn release(&mut self, token: &CardToken) -> Result<(), StoreError> {
        self.held.remove(token);
        Ok(())
    }

    fn put_dead_letter(
        &mut self,
        at: Option<SourcePosition>,
        record: &Undecodable,
    ) -> Result<(), StoreError> {
        let id = self.dead_letters.values().map(|letter| letter.id).max().unwrap_or(0) + 1;
        let Undecodable { card, raw, why } = record.clone();
        self.dead_letters.entry(at).or_insert(DeadLetter { id, at, card, why, raw });
        Ok(())
    }

    fn bill(&mut self, key: &IdempotencyKey) -> Result<Option<BillPayment>, StoreError> {
        Ok(self.bills.iter().find(|payment| payment.key == *key).cloned())
    }

    fn put_bill(&mut self, payment: &BillPayment) -> Result<(), StoreError> {
        match self.bills.iter_mut().find(|known| known.key == payment.key) {
            Some(known) => *known = payment.clone(),
            None => self.bills.push(payment.clone()),
        }
        Ok(())
    }

    fn put_offset(&mut self, at: SourcePosition) -> Result<(), StoreError> {
        self.offsets.0.insert(at.partition, at.offset);
        Ok(())
    }

    fn put_progress(&mut self, reached: Reached) -> Result<(), StoreError> {
        let last = self.progress.entry(Shard::of_position(reached.position)).or_insert(reached);
        if reached.position > last.position {
            *last = reached;
        }
        Ok(())
    }
}

/// The disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    content: Content,
    /// What every batch is answered with.
    fault: Option<StoreError>,
    n_opened: usize,
    /// Whether nothing can be read until it is made anew.
    is_damaged: bool,
    /// How often it was made anew.
    n_made_anew: usize,
    /// How often all cards were read.
    n_lists: usize,
}

impl Disk {
    pub(crate) fn content(&self) -> Content {
        self.0.lock().unwrap().content.clone()
    }

    pub(crate) fn set_fault(&self, fault: Option<StoreError>) {
        self.0.lock().unwrap().fault = fault;
    }

    /// Makes whatever is read next be found damaged.
    pub(crate) fn damage(&self) {
        self.0.lock().unwrap().is_damaged = true;
    }

    pub(crate) fn n_made_anew(&self) -> usize {
        self.0.lock().unwrap().n_made_anew
    }

    fn check(&self) -> Result<(), StoreError> {
        match self.0.lock().unwrap().is_damaged {
            true => Err(StoreError::Damaged("as it was told".to_owned())),
            false => Ok(()),
        }
    }

    pub(crate) fn n_lists(&self) -> usize {
        self.0.lock().unwrap().n_lists
    }

    pub(crate) fn n_opened(&self) -> usize {
        self.0.lock().unwrap().n_opened
    }
}

impl StatementStoreOpener for Disk {
    fn open(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        self.0.lock().unwrap().n_opened += 1;
        Ok(Box::new(self.clone()))
    }

    fn examine(&self, _: &mut dyn FnMut()) -> Result<(), StoreError> {
        self.check()
    }

    fn open_anew(&self) -> Result<Box<dyn StatementStore>, StoreError> {
        let mut state = self.0.lock().unwrap();
        let bills = std::mem::take(&mut state.content.bills);
        state.content = Content { bills, ..Content::default() };
        state.is_damaged = false;
        state.n_made_anew += 1;
        drop(state);
        self.open()
    }
}

impl StatementStore for Disk {
    fn apply(&mut self, records: &[SourceRecord], now: Timestamp) -> Result<Applied, StoreError> {
        self.check()?;
        let mut state = self.0.lock().unwrap();
        if let Some(fault) = &state.fault {
            return Err(fault.clone());
        }
        fold(&mut state.content, records, now)
    }

    fn offsets(&mut self) -> Result<Offsets, StoreError> {
        Ok(self.content().offsets)
    }

    fn held(&mut self) -> Result<Vec<HeldCard>, StoreError> {
        let content = self.content();
        let position = |token| content.cards.get(token).map_or(0, |card| card.position);
        let held = content.held.iter().map(|(token, needed)| HeldCard {
            token: token.clone(),
            position: position(token),
            needed_sequence: *needed,
        });
        Ok(held.collect())
    }

    fn release(&mut self, found: &[HeldCard]) -> Result<u64, StoreError> {
        release(&mut self.0.lock().unwrap().content, found)
    }

    fn hold_behind(&mut self, cards: &[BankCard]) -> Result<u64, StoreError> {
        hold_behind(&mut self.0.lock().unwrap().content, cards)
    }

    fn progress(&mut self) -> Result<Vec<Reached>, StoreError> {
        Ok(self.content().progress.values().copied().collect())
    }

    fn discard_dead_letter(&mut self, id: u64) -> Result<bool, StoreError> {
        let content = &mut self.0.lock().unwrap().content;
        let found = content.dead_letters.values().find(|letter| letter.id == id).cloned();
        if let Some(letter) = &found {
            content.dead_letters.remove(&letter.at);
            content.handed_on.remove(&letter.at);
        }
        Ok(found.is_some())
    }

    fn waiting_dead_letters(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let mut letters = self.dead_letters(0, usize::MAX)?;
        let handed_on = self.content().handed_on;
        letters.retain(|letter| !handed_on.contains(&letter.at));
        letters.truncate(limit);
        Ok(letters)
    }

    fn handed_on(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        let content = &mut self.0.lock().unwrap().content;
        if content.dead_letters.get(&letter.at) == Some(letter) {
            content.handed_on.insert(letter.at);
        }
        Ok(())
    }

    fn keep_bill(&mut self, payment: &BillPayment) -> Result<Option<BillPayment>, StoreError> {
        let mut state = self.0.lock().unwrap();
        if let Some(fault) = &state.fault {
            return Err(fault.clone());
        }
        let bills = &mut state.content.bills;
        let known = bills.iter().find(|known| known.key == payment.key).cloned();
        if known.is_none() {
            bills.push(payment.clone());
        }
        Ok(known)
    }

    fn settle_bill(&mut self, payment: &BillPayment) -> Result<(), StoreError> {
        settle_bill(&mut self.0.lock().unwrap().content, payment.clone())
    }

    fn open_bills(&mut self) -> Result<Vec<BillPayment>, StoreError> {
        let mut bills = self.content().bills;
        bills.retain(|payment| payment.outcome == BillOutcome::Pending);
        Ok(bills)
    }
}

impl StatementReader for Disk {
    fn cards(
        &self,
        now: Timestamp,
        after: Option<&CardToken>,
        limit: usize,
    ) -> Result<Vec<StatementCard>, StoreError> {
        self.check()?;
        let tokens = self.content().cards.into_keys();
        let tokens: Vec<_> =
            tokens.filter(|token| after.is_none_or(|after| token > after)).take(limit).collect();
        let cards = tokens.iter().filter_map(|token| self.card(token, now).transpose()).collect();
        self.0.lock().unwrap().n_lists += 1;
        cards
    }

    fn card(&self, token: &CardToken, now: Timestamp) -> Result<Option<StatementCard>, StoreError> {
        let mut content = self.content();
        let Some(state) = content.cards.get(token).cloned() else { return Ok(None) };
        let minor = content.fatura(token, Cycle::at(now, state.now.closing_day))?;
        let current_fatura = Money { minor, ..state.now.limit };
        Ok(Some(StatementCard { state, current_fatura }))
    }

    fn lines(&self, token: &CardToken, filter: &Filter) -> Result<Vec<StatementLine>, StoreError> {
        let mut lines = self.lines_after(token, 0, usize::MAX)?;
        let search = filter.search.as_deref().map(searchable).unwrap_or_default();
        lines.retain(|line| {
            filter.before.is_none_or(|before| line.position < before)
                && searchable(&line.description).contains(&search)
        });
        lines.reverse();
        lines.truncate(filter.limit);
        Ok(lines)
    }

    fn lines_after(
        &self,
        token: &CardToken,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StatementLine>, StoreError> {
        let content = self.content();
        let own = content.lines.iter().filter(|((of, at), _)| of == token && *at > after);
        Ok(own.map(|(_, line)| line.clone()).take(limit).collect())
    }

    fn open_holds(&self, token: &CardToken, first: u64, last: u64) -> Result<Vec<u64>, StoreError> {
        let own = |(card, _): &(CardToken, PaymentId)| card == token;
        let open = self.content().open_holds.into_iter().filter(|(key, _)| own(key));
        Ok(open.map(|(_, position)| position).filter(|it| (first..=last).contains(it)).collect())
    }

    fn bills(&self, token: &CardToken, limit: usize) -> Result<Vec<BillPayment>, StoreError> {
        let bills = self.content().bills;
        let own = bills.into_iter().rev().filter(|payment| payment.token == *token);
        Ok(own.take(limit).collect())
    }

    fn dead_letters(&self, after: u64, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let mut letters: Vec<_> = self.content().dead_letters.into_values().collect();
        letters.sort_unstable_by_key(|letter| letter.id);
        Ok(letters.into_iter().filter(|letter| letter.id > after).take(limit).collect())
    }
}
