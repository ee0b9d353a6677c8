//! Events on the wire of the event feed.
//!
//! An absent card, merchant, decline or trace is an empty text there; a card that the Bank does
//! not know has the sequence 0 and no snapshot.

use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventId, EventKind,
    MerchantId, Money, PaymentEvent, PaymentId, PaymentSnapshot, Timestamp, TraceContext,
};
use bancada_proto::bank::v1;

/// A field of an event that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event's {field} cannot be read: {what}")]
pub struct EventMessageError {
    field: &'static str,
    what: String,
}

/// An event as a message.
pub fn event_to_message(event: &PaymentEvent) -> v1::PaymentEvent {
    let card = event.card.as_ref();
    v1::PaymentEvent {
        event_id: event.event_id.to_string(),
        r#type: event.kind.word().to_owned(),
        position: event.position,
        card_token: card.map(|card| card.token.as_str().to_owned()).unwrap_or_default(),
        card_sequence: card.map(|card| card.sequence).unwrap_or_default(),
        transaction_id: event.transaction_id.to_string(),
        masked_number: card.map(|card| card.masked_number.clone()).unwrap_or_default(),
        brand: card.map(|card| card.brand.word().to_owned()).unwrap_or_default(),
        status: event.kind.status().to_owned(),
        amount_minor: event.amount.minor,
        currency: event.amount.currency.code().to_owned(),
        store: event.store.clone(),
        description: event.description.clone(),
        merchant_id: event.merchant_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        order_id: event.order_id.clone(),
        reason_code: event.decline.map(DeclineReason::code).unwrap_or_default().to_owned(),
        reason: event.decline.map(DeclineReason::word).unwrap_or_default().to_owned(),
        installments: event.installments.into(),
        occurred_at_ms: event.occurred_at.0,
        card: card.and_then(|card| card.after.as_ref()).map(snapshot_to_message),
        traceparent: event.trace.map(|trace| trace.to_string()).unwrap_or_default(),
        payment: event.payment.map(payment_to_message),
        hash: event.hash().get(),
    }
}

/// A message as an event.
pub fn event_from_message(message: v1::PaymentEvent) -> Result<PaymentEvent, EventMessageError> {
    let currency = &message.currency;
    let money =
        |minor| Money::of_code(minor, currency).map_err(|error| unreadable("currency", error));
    let card = match message.card_token.as_str() {
        "" => None,
        token => Some(EventCard {
            token: CardToken::parse(token).map_err(|error| unreadable("card token", error))?,
            sequence: message.card_sequence,
            masked_number: message.masked_number,
            brand: Brand::from_word(&message.brand),
            after: match message.card {
                Some(card) => Some(snapshot_from_message(card, money)?),
                None => None,
            },
        }),
    };
    let decline = match message.reason.as_str() {
        "" => None,
        word => Some(DeclineReason::from_word(word).ok_or_else(|| unreadable("reason", word))?),
    };
    let merchant_id = match message.merchant_id.as_str() {
        "" => None,
        id => Some(MerchantId::parse(id).map_err(|error| unreadable("merchant id", error))?),
    };
    Ok(PaymentEvent {
        event_id: EventId::parse(&message.event_id)
            .map_err(|error| unreadable("event id", error))?,
        kind: EventKind::from_word(&message.r#type)
            .ok_or_else(|| unreadable("type", &message.r#type))?,
        position: message.position,
        transaction_id: PaymentId::parse(&message.transaction_id)
            .map_err(|error| unreadable("transaction id", error))?,
        card,
        amount: money(message.amount_minor)?,
        payment: message.payment.map(payment_from_message),
        store: message.store,
        description: message.description,
        merchant_id,
        order_id: message.order_id,
        decline,
        installments: small("installments", message.installments)?,
        occurred_at: Timestamp(message.occurred_at_ms),
        trace: TraceContext::parse(&message.traceparent),
    })
}

fn payment_to_message(payment: PaymentSnapshot) -> v1::PaymentSnapshot {
    let PaymentSnapshot { amount_minor, captured_minor, refunded_minor, decided_at } = payment;
    let decided_at_ms = decided_at.0;
    v1::PaymentSnapshot { amount_minor, captured_minor, refunded_minor, decided_at_ms }
}

fn payment_from_message(payment: v1::PaymentSnapshot) -> PaymentSnapshot {
    let v1::PaymentSnapshot { amount_minor, captured_minor, refunded_minor, decided_at_ms } =
        payment;
    let decided_at = Timestamp(decided_at_ms);
    PaymentSnapshot { amount_minor, captured_minor, refunded_minor, decided_at }
}

fn snapshot_to_message(card: &CardSnapshot) -> v1::CardSnapshot {
    v1::CardSnapshot {
        holder: card.holder.clone(),
        limit_minor: card.limit.minor,
        balance_minor: card.balance.minor,
        held_minor: card.held.minor,
        status: card.status.word().to_owned(),
        closing_day: card.closing_day.into(),
        due_day: card.due_day.into(),
    }
}

fn snapshot_from_message(
    card: v1::CardSnapshot,
    money: impl Fn(i64) -> Result<Money, EventMessageError>,
) -> Result<CardSnapshot, EventMessageError> {
    Ok(CardSnapshot {
        limit: money(card.limit_minor)?,
        balance: money(card.balance_minor)?,
        held: money(card.held_minor)?,
        status: CardStatus::from_word(&card.status)
            .ok_or_else(|| unreadable("card status", &card.status))?,
        closing_day: small("closing day", card.closing_day)?,
        due_day: small("due day", card.due_day)?,
        holder: card.holder,
    })
}

fn small(field: &'static str, number: u32) -> Result<u8, EventMessageError> {
    u8::try_from(number).map_err(|error| unreadable(field, error))
}

fn unreadable(field: &'static str, what: impl std::fmt::Display) -> EventMessageError {
    EventMessageError { field, what: what.to_string() }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::*;

    pub(crate) fn event() -> PaymentEvent {
        PaymentEvent {
            event_id: EventId::new(Uuid::from_u128(1)),
            kind: EventKind::PaymentDeclined,
            position: 7,
            transaction_id: PaymentId::new(Uuid::from_u128(2)),
            card: Some(EventCard {
                token: CardToken::parse("card_1").unwrap(),
                sequence: 3,
                masked_number: "************1000".to_owned(),
                brand: Brand::Elo,
                after: Some(CardSnapshot {
                    holder: "Ana Teste".to_owned(),
                    limit: Money::brl(1_000),
                    balance: Money::brl(20),
                    held: Money::brl(3),
                    status: CardStatus::Blocked,
                    closing_day: 5,
                    due_day: 15,
                }),
            }),
            amount: Money::brl(500),
            payment: Some(PaymentSnapshot {
                amount_minor: 500,
                captured_minor: 400,
                refunded_minor: 20,
                decided_at: Timestamp(1_795_000_000_001),
            }),
            store: "Loja".to_owned(),
            description: "Café".to_owned(),
            merchant_id: Some(MerchantId::parse("loja").unwrap()),
            order_id: "o-1".to_owned(),
            decline: Some(DeclineReason::CardBlocked),
            installments: 2,
            occurred_at: Timestamp(1_795_000_000_123),
            trace: TraceContext::new(5, 6),
        }
    }

    #[test]
    fn an_event_comes_back_as_it_went() {
        let full = event();
        let stranger = EventCard { sequence: 0, after: None, ..full.card.clone().unwrap() };
        let bare = PaymentEvent {
            card: None,
            merchant_id: None,
            decline: None,
            trace: None,
            payment: None,
            kind: EventKind::PaymentCaptured,
            ..full.clone()
        };
        for event in [full.clone(), PaymentEvent { card: Some(stranger), ..full }, bare] {
            assert_eq!(event_from_message(event_to_message(&event)), Ok(event));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let good = event_to_message(&event());
        let broken = [
            (v1::PaymentEvent { r#type: "payment.lost".into(), ..good.clone() }, "type"),
            (v1::PaymentEvent { event_id: "7".into(), ..good.clone() }, "event id"),
            (v1::PaymentEvent { reason: "because".into(), ..good.clone() }, "reason"),
            (v1::PaymentEvent { currency: "???".into(), ..good.clone() }, "currency"),
            (v1::PaymentEvent { installments: 300, ..good }, "installments"),
        ];
        for (message, field) in broken {
            assert_eq!(event_from_message(message).unwrap_err().field, field);
        }
    }
}
