//! An event, for tests.

use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventId, EventKind,
    MerchantId, Money, PaymentEvent, PaymentId, PaymentSnapshot, Timestamp, TraceContext,
};

/// A declined payment with all that an event can have.
pub fn event() -> PaymentEvent {
    let id = |n: u8| format!("00000000-0000-7000-8000-0000000000{n:02}");
    PaymentEvent {
        event_id: EventId::parse(&id(1)).expect("as the Bank writes them"),
        kind: EventKind::PaymentDeclined,
        position: 7,
        transaction_id: PaymentId::parse(&id(2)).expect("as the Bank writes them"),
        card: Some(EventCard {
            token: CardToken::parse("card_1").expect("as the Bank writes them"),
            sequence: 3,
            masked_number: "************1000".to_owned(),
            brand: Brand::Elo,
            after: Some(CardSnapshot {
                holder: "Ana Teste".to_owned(),
                limit: Money::brl(100_000),
                balance: Money::brl(20),
                held: Money::brl(3),
                status: CardStatus::Blocked,
                closing_day: 5,
                due_day: 15,
            }),
        }),
        amount: Money::brl(12_990),
        payment: Some(PaymentSnapshot {
            amount_minor: 12_990,
            captured_minor: 12_000,
            refunded_minor: 20,
            decided_at: Timestamp(1_795_000_000_001),
        }),
        store: "Loja".to_owned(),
        description: "Café".to_owned(),
        merchant_id: Some(MerchantId::parse("loja").expect("as the Bank writes them")),
        order_id: "o-1".to_owned(),
        decline: Some(DeclineReason::CardBlocked),
        installments: 2,
        occurred_at: Timestamp(1_795_000_000_123),
        trace: TraceContext::new(5, 6),
    }
}
