//! What is on the topic, against what the Bank holds.

use std::collections::HashMap;

use bancada_event_record::{PastRecord, Place, Unreadable};
use bancada_kernel::CardToken;

use crate::bank::{BankView, Fingerprint, Latest, owed_minor};
use crate::verdict::Comparison;

pub(crate) const NAME: &str = "kafka";
pub(crate) const SUM_OF: &str = "owed";

/// The topic, as far as it was read.
#[derive(Default)]
pub struct Seen {
    /// How often each event is there.
    times: HashMap<u64, u64>,
    /// How far each card's events have come.
    sequences: HashMap<CardToken, u64>,
    /// Events that are no part of this audit, if the Bank has them.
    later: Vec<(u64, Place)>,
    owed_minor: i128,
    foreign: u64,
    /// What cannot be read of it.
    pub unreadable: Vec<Unreadable>,
    wrong: Vec<String>,
    /// How far each card's events are there in their order, whatever is between them.
    in_order: HashMap<CardToken, u64>,
    /// Events that came after later ones of their card.
    late: Vec<(CardToken, String)>,
}

impl Seen {
    /// Takes the next record into account.
    pub fn add(&mut self, record: &PastRecord, bank: &BankView) {
        let Ok(event) = record.event() else {
            self.foreign += 1;
            return;
        };
        let PastRecord { place, key, .. } = record;
        let position = event.position;
        if !bank.covers(position) {
            self.later.push((position, *place));
            return;
        }
        if bank.fingerprints.get(&position) != Some(&Fingerprint::of(&event)) {
            self.wrong.push(format!("record {place}: event {position} is another at the bank"));
            return;
        }
        let contradictions = record.contradictions(&event);
        if !contradictions.is_empty() {
            let parts = contradictions.join(", ");
            self.wrong.push(format!("record {place}: event {position} is another in {parts}"));
        }
        let token = event.card.as_ref().map(|card| card.token.as_str());
        if key.as_deref() != token {
            self.wrong.push(format!("record {place}: it is not where its card's events are"));
        }
        if let Some(card) = event.card.as_ref().filter(|card| card.after.is_some()) {
            let last = self.in_order.entry(card.token.clone()).or_default();
            *last += u64::from(card.sequence == *last + 1);
        }
        let times = self.times.entry(position).or_default();
        *times += 1;
        if *times > 1 {
            return;
        }
        self.owed_minor += owed_minor(&event);
        // Repeated, an event may come late; the first time, it may not.
        if let Some(card) = event.card.as_ref().filter(|card| card.after.is_some()) {
            let last = self.sequences.entry(card.token.clone()).or_default();
            if card.sequence < *last {
                let what = format!("record {place}: event {position} comes after later ones");
                self.late.push((card.token.clone(), what));
            }
            *last = card.sequence.max(*last);
        }
    }

    /// Holds what was seen against the Bank.
    pub fn compare(&self, bank: &BankView, latest: &Latest) -> Comparison {
        let mut result = Comparison::new(NAME, SUM_OF);
        result.bank_minor = bank.owed_minor;
        result.other_minor = self.owed_minor;
        result.matched = self.times.len() as u64;
        result.repeated = self.times.values().map(|times| times - 1).sum();
        result.foreign = self.foreign;
        for Unreadable { first, last, why } in &self.unreadable {
            result.mismatch(format!("records {first} to {last} cannot be read: {why}"));
        }
        for what in &self.wrong {
            result.mismatch(what.clone());
        }
        // Written to the topic once more, the past fills holes: who waits at a gap reads all of it.
        let is_whole = |token| self.in_order.get(token) == self.sequences.get(token);
        for (_, what) in self.late.iter().filter(|(token, _)| !is_whole(token)) {
            result.mismatch(what.clone());
        }
        for (position, place) in self.later.iter().filter(|(position, _)| latest.lacks(*position)) {
            let what = format!("record {place}: event {position} is beyond the bank's last");
            result.mismatch(what);
        }
        for position in bank.fingerprints.keys().filter(|it| !self.times.contains_key(it)) {
            result.missing(format!("event {position} is not on the topic"));
        }
        result.closed()
    }
}
