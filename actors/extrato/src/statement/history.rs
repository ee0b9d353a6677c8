//! Histories of a Bank, for tests.

use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventId, EventKind,
    MerchantId, Money, PaymentEvent, PaymentId, Timestamp,
};
use uuid::Uuid;

use crate::ports::{SourcePosition, SourceRecord, Undecodable};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// 2026-11-10, 12:00 in UTC.
pub(crate) const START: Timestamp = Timestamp(1_794_312_000_000);

/// The events of a Bank, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) events: Vec<PaymentEvent>,
}

pub(crate) fn token(card: u8) -> CardToken {
    CardToken::parse(&format!("card_{card}")).unwrap()
}

impl History {
    /// One card with this many purchases of R$ 10,00, a day apart, after it was issued.
    pub(crate) fn of_purchases(card: u8, n: usize) -> History {
        let mut history = History::default();
        history.push(card, EventKind::CardIssued, 0);
        (0..n).for_each(|_| history.push(card, EventKind::PaymentCaptured, 1_000));
        history
    }

    /// The next event of a card. Balances are what the amounts say.
    pub(crate) fn push(&mut self, card: u8, kind: EventKind, minor: i64) {
        let position = self.events.len() as u64 + 1;
        let before = self.events.iter().rev().find_map(|event| {
            event.card.as_ref().filter(|known| known.token == token(card) && known.sequence > 0)
        });
        let sequence = before.map_or(0, |card| card.sequence) + 1;
        let mut after = before.and_then(|card| card.after.clone()).unwrap_or(CardSnapshot {
            holder: format!("Holder {card}"),
            limit: Money::brl(1_000_000),
            balance: Money::brl(0),
            held: Money::brl(0),
            status: CardStatus::Active,
            closing_day: 5 + card % 20,
            due_day: 28,
        });
        match kind {
            EventKind::PaymentCaptured => after.balance.minor += minor,
            EventKind::PaymentRefunded | EventKind::BillPaid => after.balance.minor -= minor,
            EventKind::PaymentAuthorized => after.held.minor += minor,
            EventKind::PaymentVoided | EventKind::PaymentExpired => after.held.minor -= minor,
            EventKind::CardStatusChanged => after.status = CardStatus::Blocked,
            EventKind::CardLimitChanged => after.limit.minor = minor,
            EventKind::CardIssued
            | EventKind::PaymentDeclined
            | EventKind::PaymentOperationRefused
            | EventKind::BillRefused
            | EventKind::LossAccepted => {}
        }
        self.events.push(PaymentEvent {
            event_id: EventId::new(Uuid::from_u128(u128::from(position))),
            kind,
            position,
            transaction_id: PaymentId::new(Uuid::from_u128(u128::from(position) << 64)),
            card: Some(EventCard {
                token: token(card),
                sequence,
                masked_number: format!("************{:04}", 1_000 + u16::from(card)),
                brand: Brand::Elo,
                after: Some(after),
            }),
            amount: Money::brl(minor),
            payment: None,
            store: "Loja".to_owned(),
            description: format!("Café número {position}"),
            merchant_id: MerchantId::parse("loja").ok(),
            order_id: match kind {
                EventKind::BillPaid | EventKind::BillRefused => format!("bill-{position}"),
                _ => String::new(),
            },
            decline: matches!(kind, EventKind::PaymentDeclined | EventKind::BillRefused)
                .then_some(DeclineReason::DoNotHonor),
            installments: 1,
            occurred_at: Timestamp(START.0 + i64::try_from(position).unwrap() * DAY_MS),
            trace: None,
        });
    }

    /// An event of a card that the Bank does not know, and one of an abandoned key.
    pub(crate) fn push_strangers(&mut self) {
        self.push(200, EventKind::PaymentDeclined, 500);
        let stranger = self.events.last_mut().and_then(|event| event.card.as_mut()).unwrap();
        (stranger.sequence, stranger.after) = (0, None);
        self.push(200, EventKind::PaymentDeclined, 0);
        self.events.last_mut().unwrap().card = None;
    }

    /// The record of the event at an index, as the Bank's feed delivers it.
    pub(crate) fn record(&self, index: usize) -> SourceRecord {
        let event = self.events[index].clone();
        SourceRecord { at: Some(at(0, event.position)), event: Ok(event) }
    }

    pub(crate) fn records(&self) -> Vec<SourceRecord> {
        (0..self.events.len()).map(|index| self.record(index)).collect()
    }

    /// What a repair reads again.
    pub(crate) fn again(&self, after: u64) -> Vec<SourceRecord> {
        let later = self.events.iter().filter(|event| event.position > after);
        later.map(|event| SourceRecord { at: None, event: Ok(event.clone()) }).collect()
    }
}

pub(crate) fn at(partition: u32, offset: u64) -> SourcePosition {
    SourcePosition { partition, offset }
}

/// The record, unreadable but for its key.
pub(crate) fn garbled(record: &SourceRecord) -> SourceRecord {
    let card = record.event.as_ref().unwrap().card.as_ref().map(|card| card.token.clone());
    let (raw, why) = (b"{".to_vec(), "it ends too early".to_owned());
    SourceRecord { at: record.at, event: Err(Undecodable { card, raw, why }) }
}
