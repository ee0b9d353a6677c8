//! The statement's process: the real fold, on rows that change in one transaction or not at all.

mod rows;

use std::collections::HashSet;
use std::rc::Rc;

use bancada_bank::proof::{Knowledge, OtherPast, is_followed};
use bancada_extrato::past::{OtherEvent, Proof, ReadEvents};
use bancada_extrato::ports::{Offsets, Reached, SourceRecord, StoreError};
use bancada_extrato::statement::{HeldCard, fold, release};
use bancada_kernel::{CardToken, PaymentEvent, Timestamp};

use crate::evidence::StatementCopy;
use crate::planted::Planted;
use rows::{Content, Transaction};

/// Events read at once for a repair.
const PAGE: usize = 64;

/// The statement, whether or not its process runs.
pub(crate) struct Statement {
    content: Content,
    /// How far this process has read, which begins with what is kept.
    pub(crate) read: Offsets,
    pub(crate) is_up: bool,
    events: ReadEvents,
    proof: Proof,
    /// How many calls of the store succeed before one fails.
    pub(crate) calls_until_failure: Option<u32>,
    planted: Planted,
}

impl Statement {
    pub(crate) fn new(planted: Planted) -> Statement {
        let (content, read) = (Content::default(), Offsets::default());
        let (events, proof) = (ReadEvents::default(), Proof::default());
        Statement { content, read, is_up: true, events, proof, calls_until_failure: None, planted }
    }

    /// The process starts, and reads on from where the rows say it was.
    ///
    /// Rows that are not what was written are set aside, and made anew from what there is to read;
    /// the result is whether they were.
    pub(crate) fn start(&mut self) -> bool {
        let is_whole = self.content.is_whole(self.planted);
        if !is_whole {
            self.content = Content::default();
        }
        self.is_up = true;
        self.read = self.content.offsets.clone();
        self.events = ReadEvents::up_to(self.content.reached.as_slice());
        self.proof = Proof::default();
        !is_whole
    }

    /// A row is not what was written any more, or is gone.
    pub(crate) fn damage(&mut self, nth: usize, is_gone: bool) {
        self.content.damage(nth, is_gone);
    }

    /// The last position of the Bank's that it has.
    pub(crate) fn reached_position(&self) -> u64 {
        self.content.reached.map_or(0, |reached| reached.position)
    }

    /// What it testifies to when the Bank starts.
    pub(crate) fn knows(&self) -> Knowledge {
        let event = self.content.reached.and_then(|reached| reached.event);
        Knowledge::Event(self.reached_position(), event)
    }

    /// Asks whether the Bank, which has these events, still has what was read of it.
    pub(crate) fn prove(&mut self, events: &[Rc<PaymentEvent>]) -> Result<(), OtherPast> {
        if self.planted == Planted::NeverProve {
            return Ok(());
        }
        let reached = self.content.reached.as_slice();
        for Reached { position, event } in self.proof.asked(reached) {
            let index = usize::try_from(position).unwrap_or(usize::MAX).checked_sub(1);
            let found = index.and_then(|index| events.get(index)).map(|event| event.hash());
            is_followed((events.len() as u64, found), (position, event))?;
        }
        self.proof.confirmed(reached.to_vec());
        Ok(())
    }

    /// Holds what the broker has against what was read before.
    pub(crate) fn hear(&mut self, records: &[SourceRecord]) -> Result<(), OtherEvent> {
        if self.planted == Planted::BelieveTheBroker {
            return Ok(());
        }
        self.events.follow(records)
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.content.held.is_empty()
    }

    /// The cards that wait for something, each with the sequence that it needs.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (&CardToken, u64)> {
        self.content.held.iter().map(|(token, needed)| (token, *needed))
    }

    pub(crate) fn n_lines(&self) -> usize {
        self.content.lines.len()
    }

    /// Applies records in one transaction. After an error the process must be started anew.
    pub(crate) fn apply(
        &mut self,
        records: &[SourceRecord],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let failing = self.calls_until_failure.take();
        let places = records.iter().filter_map(|record| record.at);
        self.read.0.extend(places.map(|at| (at.partition, at.offset)));
        let mut transaction = Transaction::begin(&mut self.content, failing, self.planted);
        match fold(&mut transaction, records, now) {
            Ok(_) => transaction.commit(),
            Err(_) if self.planted == Planted::KeepHalfTransactions => transaction.commit(),
            Err(error) => {
                self.is_up = false;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Fetches what cards missed from the Bank's past, from the earliest gap on.
    pub(crate) fn repair(
        &mut self,
        events: &[Rc<PaymentEvent>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.planted == Planted::NeverRepair {
            return Ok(());
        }
        let position = |token| self.position(token);
        let Some(after) = self.content.held.keys().map(position).min() else { return Ok(()) };
        let waiting: HashSet<CardToken> = self.content.held.keys().cloned().collect();
        let concerns = |event: &&Rc<PaymentEvent>| {
            event.card.as_ref().is_some_and(|card| waiting.contains(&card.token))
        };
        let past = events.iter().filter(|event| event.position > after).filter(concerns);
        let again: Vec<_> = past
            .map(|event| SourceRecord { at: None, event: Ok(PaymentEvent::clone(event)) })
            .collect();
        let position = |token| self.position(token);
        let found: Vec<HeldCard> = self
            .waiting()
            .map(|(token, needed_sequence)| {
                let position = position(token);
                HeldCard { token: token.clone(), position, needed_sequence }
            })
            .collect();
        again.chunks(PAGE).try_for_each(|page| self.apply(page, now))?;
        let failing = self.calls_until_failure.take();
        let mut transaction = Transaction::begin(&mut self.content, failing, self.planted);
        match release(&mut transaction, &found) {
            Ok(_) => transaction.commit(),
            Err(error) => {
                self.is_up = false;
                return Err(error);
            }
        }
        Ok(())
    }

    fn position(&self, token: &CardToken) -> u64 {
        self.content.cards.get(token).map_or(0, |row| row.value.position)
    }

    /// What it shows.
    pub(crate) fn copy(&self) -> StatementCopy {
        let content = &self.content;
        let mut faturas: Vec<(CardToken, i128)> = Vec::new();
        for ((token, _), minor) in &content.faturas {
            match faturas.last_mut().filter(|(last, _)| last == token) {
                Some((_, sum)) => *sum += i128::from(*minor),
                None => faturas.push((token.clone(), i128::from(*minor))),
            }
        }
        let cards = content.cards.values().map(|row| row.value.clone()).collect();
        let lines = content.lines.iter().map(|row| row.value.clone()).collect();
        StatementCopy { lines, cards, faturas }
    }
}
