//! A source of events that is written to, cut and joined again by a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bancada_kernel::{CardToken, PaymentEvent};
use tokio::sync::watch;

use crate::ports::{
    BankCard, BillSendError, BillSender, EventReader, EventRepair, EventSource, EventStream,
    Offsets, Reached, SourceBatch, SourceError, SourceRecord,
};
use crate::statement::BillPayment;
use crate::statement::history::History;

/// Records handed over at once.
const BATCH: usize = 3;

/// One partition of a broker, and the Bank behind it.
#[derive(Clone)]
pub(super) struct Script {
    state: Arc<Mutex<State>>,
    /// Changed whenever the state is.
    changes: Arc<watch::Sender<u64>>,
}

#[derive(Default)]
struct State {
    records: Vec<SourceRecord>,
    /// What the Bank can tell again.
    past: Vec<PaymentEvent>,
    is_cut: bool,
    is_past_away: bool,
    /// A broker does not say how far the Bank is.
    is_broker: bool,
    opened_after: Vec<Option<u64>>,
    /// Payments of bills that came to the Bank.
    bills: Vec<BillPayment>,
}

struct Stream {
    script: Script,
    after: u64,
}

impl Script {
    pub(super) fn new() -> Script {
        Script { state: Arc::default(), changes: Arc::new(watch::Sender::new(0)) }
    }

    /// Delivers records.
    pub(super) fn deliver(&self, records: impl IntoIterator<Item = SourceRecord>) {
        self.change(|state| state.records.extend(records));
    }

    /// Lets the Bank remember a history.
    pub(super) fn remember(&self, history: &History) {
        self.change(|state| state.past = history.events.clone());
    }

    pub(super) fn cut(&self, is_cut: bool) {
        self.change(|state| state.is_cut = is_cut);
    }

    pub(super) fn take_past_away(&self, is_past_away: bool) {
        self.change(|state| state.is_past_away = is_past_away);
    }

    pub(super) fn be_a_broker(&self) {
        self.change(|state| state.is_broker = true);
    }

    /// The offset after which each connection began.
    pub(super) fn opened_after(&self) -> Vec<Option<u64>> {
        self.state.lock().unwrap().opened_after.clone()
    }

    /// The keys of the payments of bills that came to the Bank.
    pub(super) fn bills(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.bills.iter().map(|payment| payment.key.to_string()).collect()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changes.send_modify(|n| *n += 1);
    }
}

fn away() -> SourceError {
    SourceError::Away("it is cut".to_owned())
}

#[async_trait]
impl EventSource for Script {
    async fn open(
        &self,
        after: Offsets,
        _: &[Reached],
    ) -> Result<Box<dyn EventStream>, SourceError> {
        let mut state = self.state.lock().unwrap();
        let after = after.0.get(&0).copied();
        if state.is_cut {
            return Err(away());
        }
        state.opened_after.push(after);
        Ok(Box::new(Stream { script: self.clone(), after: after.unwrap_or(0) }))
    }
}

#[async_trait]
impl EventStream for Stream {
    async fn next(&mut self) -> Result<SourceBatch, SourceError> {
        let mut changes = self.script.changes.subscribe();
        loop {
            {
                let state = self.script.state.lock().unwrap();
                if state.is_cut {
                    return Err(away());
                }
                let offset = |record: &SourceRecord| record.at.map_or(0, |at| at.offset);
                let later = state.records.iter().filter(|record| offset(record) > self.after);
                let records: Vec<_> = later.take(BATCH).cloned().collect();
                if let Some(last) = records.last() {
                    self.after = offset(last);
                    let committed = state.past.last().filter(|_| !state.is_broker);
                    let committed_position = committed.map(|event| event.position);
                    return Ok(SourceBatch { records, committed_position });
                }
            }
            changes.changed().await.map_err(|_| away())?;
        }
    }
}

#[async_trait]
impl EventRepair for Script {
    async fn read(&self, after: u64, limit: usize) -> Result<Vec<PaymentEvent>, SourceError> {
        let state = self.state.lock().unwrap();
        if state.is_past_away {
            return Err(away());
        }
        let later = state.past.iter().filter(|event| event.position > after);
        Ok(later.take(limit.min(BATCH)).cloned().collect())
    }

    async fn cards(&self, after: Option<&CardToken>) -> Result<Vec<BankCard>, SourceError> {
        let state = self.state.lock().unwrap();
        if state.is_past_away {
            return Err(away());
        }
        let mut cards: BTreeMap<CardToken, u64> = BTreeMap::new();
        for card in state.past.iter().filter_map(|event| event.card.as_ref()) {
            cards.insert(card.token.clone(), card.sequence);
        }
        let later = cards.into_iter().filter(|(token, _)| after.is_none_or(|after| token > after));
        Ok(later.take(BATCH).map(|(token, sequence)| BankCard { token, sequence }).collect())
    }

    async fn prove(&self, reached: &[Reached]) -> Result<(), SourceError> {
        let state = self.state.lock().unwrap();
        if state.is_past_away {
            return Err(away());
        }
        let has = |reached: &Reached| {
            let same = state.past.iter().find(|event| event.position == reached.position);
            // Where the test gives the Bank no past, it has whatever was read.
            state.past.is_empty() || same.is_some_and(|it| Some(it.hash()) == reached.event)
        };
        match reached.iter().find(|reached| !has(reached)) {
            Some(reached) => Err(SourceError::OtherPast(format!("at {}", reached.position))),
            None => Ok(()),
        }
    }

    async fn beginnings(&self) -> Result<Vec<u64>, SourceError> {
        Ok(vec![0])
    }

    async fn committed_positions(&self) -> Result<Vec<u64>, SourceError> {
        let state = self.state.lock().unwrap();
        if state.is_past_away {
            return Err(away());
        }
        Ok(state.past.last().map(|event| event.position).into_iter().collect())
    }
}

#[async_trait]
impl BillSender for Script {
    async fn send(&self, payment: &BillPayment) -> Result<(), BillSendError> {
        let mut state = self.state.lock().unwrap();
        if state.is_past_away {
            return Err(BillSendError::Unsent("the bank is away".to_owned()));
        }
        state.bills.push(payment.clone());
        Ok(())
    }
}

/// Reads the position of an event of the Bank's past.
impl EventReader for Script {
    fn read(&self, raw: &[u8]) -> Result<PaymentEvent, String> {
        let position = std::str::from_utf8(raw).ok().and_then(|text| text.parse().ok());
        let position: u64 = position.ok_or("it is no position")?;
        let state = self.state.lock().unwrap();
        let event = state.past.iter().find(|event| event.position == position);
        event.cloned().ok_or_else(|| "it is no event".to_owned())
    }
}
