//! Events for tests.

use bancada_extrato::ports::{SourcePosition, SourceRecord};
use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, EventCard, EventId, EventKind, Money, PaymentEvent,
    PaymentId, Timestamp, TraceContext,
};
use uuid::Uuid;

/// 2026-11-10, 12:00 in UTC; every event is an hour after the one before.
pub(crate) const START: i64 = 1_794_312_000_000;
pub(crate) const HOUR: i64 = 3_600_000;

pub(crate) fn now() -> Timestamp {
    Timestamp(START + 48 * HOUR)
}

pub(crate) fn token(card: u8) -> CardToken {
    CardToken::parse(&format!("card_{card}")).unwrap()
}

pub(crate) fn event(card: u8, sequence: u64, position: u64, description: &str) -> PaymentEvent {
    let kind = [
        EventKind::CardIssued,
        EventKind::PaymentCaptured,
        EventKind::PaymentRefunded,
        EventKind::PaymentDeclined,
    ][(sequence as usize - 1) % 4];
    PaymentEvent {
        event_id: EventId::new(Uuid::from_u128(u128::from(position))),
        kind,
        position,
        transaction_id: PaymentId::new(Uuid::from_u128(u128::from(position))),
        card: Some(EventCard {
            token: token(card),
            sequence,
            masked_number: format!("************{:04}", 9_000 - u16::from(card)),
            brand: Brand::Visa,
            after: Some(CardSnapshot {
                holder: "Ana Teste".to_owned(),
                limit: Money::brl(100_000),
                balance: Money::brl(i64::try_from(sequence).unwrap()),
                held: Money::brl(0),
                status: CardStatus::Active,
                closing_day: 5,
                due_day: 12,
            }),
        }),
        amount: Money::brl(1_000 + i64::try_from(sequence).unwrap()),
        payment: None,
        store: "Loja da Esquina".to_owned(),
        description: description.to_owned(),
        merchant_id: None,
        order_id: String::new(),
        decline: None,
        installments: 1,
        occurred_at: Timestamp(START + i64::try_from(position).unwrap() * HOUR),
        trace: TraceContext::new(u128::MAX, 1),
    }
}

pub(crate) fn record(event: PaymentEvent) -> SourceRecord {
    let at = SourcePosition { partition: 0, offset: event.position };
    SourceRecord { at: Some(at), event: Ok(event) }
}

/// The first events of a card, at positions from 1.
pub(crate) fn events(card: u8, n: u64) -> Vec<SourceRecord> {
    (1..=n).map(|n| record(event(card, n, n, &format!("Pão número {n}")))).collect()
}
