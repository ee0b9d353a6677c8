//! What a batch of records does to the rows, in one transaction.

use std::collections::{BTreeMap, HashMap};

use bancada_kernel::{CardToken, IdempotencyKey, Money, PaymentEvent, PaymentId, Shard, Timestamp};

use super::{
    BillPayment, CardState, Cycle, LineKind, StatementCard, StatementLine, Step, answered_bill,
    project, settle_bill,
};
use crate::ports::{Reached, SourcePosition, SourceRecord, StoreError, Undecodable};

/// The rows of one open transaction.
pub trait Rows {
    /// A card.
    fn card(&mut self, token: &CardToken) -> Result<Option<CardState>, StoreError>;
    /// Keeps a card, instead of what was kept of it.
    fn put_card(&mut self, card: &CardState) -> Result<(), StoreError>;
    /// Adds a line.
    fn put_line(&mut self, token: &CardToken, line: &StatementLine) -> Result<(), StoreError>;
    /// Remembers that a line is a hold of this payment that stands.
    fn put_open_hold(
        &mut self,
        token: &CardToken,
        payment: PaymentId,
        position: u64,
    ) -> Result<(), StoreError>;
    /// Remembers that no hold of this payment stands any more, if one did.
    fn end_hold(&mut self, token: &CardToken, payment: PaymentId) -> Result<(), StoreError>;
    /// Keeps the sum of a fatura in minor units, instead of what was kept of it.
    fn put_fatura(&mut self, token: &CardToken, cycle: Cycle, minor: i64)
    -> Result<(), StoreError>;
    /// The sum of a fatura in minor units; 0 where nothing was bought.
    fn fatura(&mut self, token: &CardToken, cycle: Cycle) -> Result<i64, StoreError>;
    /// The cards that wait for missed events, with the sequence they need to reach.
    fn held(&mut self) -> Result<BTreeMap<CardToken, u64>, StoreError>;
    /// Makes a card wait, or wait for another sequence.
    fn put_held(&mut self, token: &CardToken, needed_sequence: u64) -> Result<(), StoreError>;
    /// Lets a card go on.
    fn release(&mut self, token: &CardToken) -> Result<(), StoreError>;
    /// Keeps a record that cannot be read; once per place.
    fn put_dead_letter(
        &mut self,
        at: Option<SourcePosition>,
        record: &Undecodable,
    ) -> Result<(), StoreError>;
    /// The payment of a bill that is kept under a key.
    fn bill(&mut self, key: &IdempotencyKey) -> Result<Option<BillPayment>, StoreError>;
    /// Keeps a payment of a bill, instead of what was kept under its key.
    fn put_bill(&mut self, payment: &BillPayment) -> Result<(), StoreError>;
    /// Remembers that a partition has been read up to here. It goes back only where the source
    /// began the partition anew.
    fn put_offset(&mut self, at: SourcePosition) -> Result<(), StoreError>;
    /// Remembers that the journal of the position's shard has been seen up to here; never goes
    /// back.
    fn put_progress(&mut self, reached: Reached) -> Result<(), StoreError>;
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Events that changed a card.
    pub n_applied: u64,
    /// Events that had been applied before.
    pub n_duplicates: u64,
    /// Events that were not applied, because others of their card are missing before them.
    pub n_held: u64,
    /// Records that cannot be read.
    pub n_dead_letters: u64,
    /// Cards that wait for missed events after the batch.
    pub n_held_cards: u64,
    /// The last event in the batch, by shard.
    pub reached: BTreeMap<Shard, Reached>,
    /// What readers who follow a card are told.
    pub updates: Vec<Update>,
}

/// News about a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The position of the event: ascending per card.
    pub position: u64,
    /// The new line; absent when only the card changed.
    pub line: Option<StatementLine>,
    /// The card after it.
    pub card: StatementCard,
}

/// Applies records in order. `now` decides which fatura is the open one in the updates; nothing
/// that is kept depends on it.
pub fn fold(
    rows: &mut dyn Rows,
    records: &[SourceRecord],
    now: Timestamp,
) -> Result<Applied, StoreError> {
    let held = rows.held()?;
    let mut batch = Batch { rows, cards: HashMap::new(), held, applied: Applied::default(), now };
    let mut offsets = BTreeMap::new();
    for record in records {
        match &record.event {
            Ok(event) => batch.on_event(event)?,
            Err(undecodable) => batch.on_undecodable(record.at, undecodable)?,
        }
        if let Some(SourcePosition { partition, offset }) = record.at {
            offsets.insert(partition, offset);
        }
    }
    batch.finish(offsets)
}

struct Batch<'a> {
    rows: &'a mut dyn Rows,
    /// The cards seen in this batch, each read once; true where it has to be written.
    cards: HashMap<CardToken, (Option<CardState>, bool)>,
    held: BTreeMap<CardToken, u64>,
    applied: Applied,
    now: Timestamp,
}

impl Batch<'_> {
    fn on_event(&mut self, event: &PaymentEvent) -> Result<(), StoreError> {
        self.reach(event);
        let Some(token) = event.card.as_ref().map(|card| &card.token) else { return Ok(()) };
        let last = self.sequence(token)?;
        match project(last, event) {
            Step::NoCard => self.settle_bill(event)?,
            Step::Duplicate => self.applied.n_duplicates += 1,
            Step::Gap => {
                self.applied.n_held += 1;
                let needed = event.card.as_ref().map_or(0, |card| card.sequence);
                self.hold(token, needed)?;
            }
            Step::Apply { card, line, fatura } => {
                self.applied.n_applied += 1;
                if let Some(line) = &line {
                    self.rows.put_line(token, line)?;
                    self.follow_hold(token, line)?;
                }
                if let Some((cycle, minor)) = fatura {
                    let sum = self.rows.fatura(token, cycle)?;
                    // Amounts are so small that no fatura comes near the end of an `i64`. One of a
                    // journal from before there were largest amounts stays at the end, and holds
                    // up neither its own card nor others.
                    self.rows.put_fatura(token, cycle, sum.saturating_add(minor))?;
                }
                self.settle_bill(event)?;
                self.on_card(*card, line)?;
            }
        }
        Ok(())
    }

    /// Only where something is held is there a hold to end: most payments are charged at once.
    fn follow_hold(&mut self, token: &CardToken, line: &StatementLine) -> Result<(), StoreError> {
        let before = self.cards.get(token).and_then(|(card, _)| card.as_ref());
        let is_held = before.is_some_and(|card| card.now.held.minor > 0);
        match line.kind {
            LineKind::Hold => self.rows.put_open_hold(token, line.transaction_id, line.position),
            LineKind::Purchase | LineKind::Void if is_held => {
                self.rows.end_hold(token, line.transaction_id)
            }
            _ => Ok(()),
        }
    }

    fn reach(&mut self, event: &PaymentEvent) {
        let position = event.position;
        let known = self.applied.reached.get(&Shard::of_position(position));
        if known.is_none_or(|known| known.position < position) {
            let reached = Reached { position, event: Some(event.hash()) };
            self.applied.reached.insert(Shard::of_position(position), reached);
        }
    }

    fn settle_bill(&mut self, event: &PaymentEvent) -> Result<(), StoreError> {
        match answered_bill(event) {
            Some(answered) => settle_bill(self.rows, answered),
            None => Ok(()),
        }
    }

    /// Keeps the card for the end of the batch and tells its readers.
    fn on_card(&mut self, card: CardState, line: Option<StatementLine>) -> Result<(), StoreError> {
        let token = card.token.clone();
        if self.held.get(&token).is_some_and(|needed| *needed <= card.sequence) {
            self.held.remove(&token);
            self.rows.release(&token)?;
        }
        let open = Cycle::at(self.now, card.now.closing_day);
        let minor = self.rows.fatura(&token, open)?;
        let current_fatura = Money { minor, ..card.now.limit };
        self.cards.insert(token, (Some(card.clone()), true));
        let position = card.position;
        let card = StatementCard { state: card, current_fatura };
        self.applied.updates.push(Update { position, line, card });
        Ok(())
    }

    /// A record that cannot be read may be an event of its card: the card waits for it.
    fn on_undecodable(
        &mut self,
        at: Option<SourcePosition>,
        record: &Undecodable,
    ) -> Result<(), StoreError> {
        self.applied.n_dead_letters += 1;
        self.rows.put_dead_letter(at, record)?;
        if let Some(token) = &record.card {
            let needed = self.sequence(token)? + 1;
            self.hold(token, needed)?;
        }
        Ok(())
    }

    fn hold(&mut self, token: &CardToken, needed: u64) -> Result<(), StoreError> {
        if self.held.get(token).is_none_or(|known| *known < needed) {
            self.held.insert(token.clone(), needed);
            self.rows.put_held(token, needed)?;
        }
        Ok(())
    }

    fn sequence(&mut self, token: &CardToken) -> Result<u64, StoreError> {
        if !self.cards.contains_key(token) {
            let card = self.rows.card(token)?;
            self.cards.insert(token.clone(), (card, false));
        }
        let known = self.cards.get(token).and_then(|(card, _)| card.as_ref());
        Ok(known.map_or(0, |card| card.sequence))
    }

    fn finish(mut self, offsets: BTreeMap<u32, u64>) -> Result<Applied, StoreError> {
        for (card, is_changed) in self.cards.values() {
            if let (Some(card), true) = (card, is_changed) {
                self.rows.put_card(card)?;
            }
        }
        for (partition, offset) in offsets {
            self.rows.put_offset(SourcePosition { partition, offset })?;
        }
        for reached in self.applied.reached.values() {
            self.rows.put_progress(*reached)?;
        }
        self.applied.n_held_cards = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
        Ok(self.applied)
    }
}
