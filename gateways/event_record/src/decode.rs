//! A record of the topic as an event.

use bancada_kernel::{
    Brand, CardSnapshot, CardStatus, CardToken, DeclineReason, EventCard, EventId, EventKind,
    MerchantId, Money, PaymentEvent, PaymentId, PaymentSnapshot, Timestamp, TraceContext,
};
use bancada_proto::event as wire;

/// Why a record's value is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventValueError {
    /// It is not JSON of the event's shape.
    #[error("the value is not an event: {0}")]
    Shape(String),
    /// A later shape than this program knows.
    #[error("the event's schema version {0} is newer than this program")]
    Newer(u32),
    /// A field cannot be read.
    #[error("the event's {field} cannot be read: {what}")]
    Field {
        /// Which, as in the JSON.
        field: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

/// Reads what [`event_to_value`](crate::event_to_value) wrote.
pub fn event_from_value(value: &[u8]) -> Result<PaymentEvent, EventValueError> {
    let event: wire::PaymentEvent =
        serde_json::from_slice(value).map_err(|error| EventValueError::Shape(error.to_string()))?;
    if event.schema_version > wire::SCHEMA_VERSION {
        return Err(EventValueError::Newer(event.schema_version));
    }
    let currency = &event.currency;
    let money =
        |minor| Money::of_code(minor, currency).map_err(|error| unreadable("currency", error));
    let card = match event.card_token.as_str() {
        "" => None,
        token => Some(EventCard {
            token: CardToken::parse(token).map_err(|error| unreadable("card_token", error))?,
            sequence: event.card_sequence,
            masked_number: event.credit_card_number,
            brand: Brand::from_word(&event.brand),
            after: snapshot(event.card, money)?,
        }),
    };
    let decline = match event.reason.as_str() {
        "" => None,
        word => Some(DeclineReason::from_word(word).ok_or_else(|| unreadable("reason", word))?),
    };
    let merchant_id = match event.merchant_id.as_str() {
        "" => None,
        id => Some(MerchantId::parse(id).map_err(|error| unreadable("merchant_id", error))?),
    };
    let payment = match event.payment_amount_minor {
        None => None,
        Some(amount_minor) => Some(PaymentSnapshot {
            amount_minor,
            captured_minor: told("captured_minor", event.captured_minor)?,
            refunded_minor: told("refunded_minor", event.refunded_minor)?,
            decided_at: timestamp("decided_at", &told("decided_at", event.decided_at)?)?,
        }),
    };
    Ok(PaymentEvent {
        event_id: EventId::parse(&event.event_id).map_err(|error| unreadable("event_id", error))?,
        kind: EventKind::from_word(&event.kind).ok_or_else(|| unreadable("type", &event.kind))?,
        position: event.position,
        transaction_id: PaymentId::parse(&event.transaction_id)
            .map_err(|error| unreadable("transaction_id", error))?,
        card,
        amount: money(event.amount_minor)?,
        payment,
        store: event.store,
        description: event.description,
        merchant_id,
        order_id: event.order_id,
        decline,
        installments: small("installments", event.installments)?,
        occurred_at: timestamp("occurred_at", &event.occurred_at)?,
        trace: TraceContext::parse(&event.traceparent),
    })
}

fn snapshot(
    card: wire::CardSnapshot,
    money: impl Fn(i64) -> Result<Money, EventValueError>,
) -> Result<Option<CardSnapshot>, EventValueError> {
    if card.status.is_empty() {
        return Ok(None);
    }
    Ok(Some(CardSnapshot {
        limit: money(card.limit_minor)?,
        balance: money(card.balance_minor)?,
        held: money(card.held_minor)?,
        status: CardStatus::from_word(&card.status)
            .ok_or_else(|| unreadable("card.status", &card.status))?,
        closing_day: small("card.closing_day", card.closing_day)?,
        due_day: small("card.due_day", card.due_day)?,
        holder: card.holder,
    }))
}

/// A field that is there whenever another one is.
fn told<T>(field: &'static str, value: Option<T>) -> Result<T, EventValueError> {
    value.ok_or_else(|| unreadable(field, "it is missing"))
}

fn timestamp(field: &'static str, text: &str) -> Result<Timestamp, EventValueError> {
    let instant: jiff::Timestamp = text.parse().map_err(|error| unreadable(field, error))?;
    Ok(Timestamp(instant.as_millisecond()))
}

fn small(field: &'static str, number: u32) -> Result<u8, EventValueError> {
    u8::try_from(number).map_err(|error| unreadable(field, error))
}

fn unreadable(field: &'static str, what: impl std::fmt::Display) -> EventValueError {
    EventValueError::Field { field, what: what.to_string() }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::encode::{event_to_value, key};
    use crate::examples::event;

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
            assert_eq!(event_from_value(&event_to_value(&event)), Ok(event));
        }
    }

    #[test]
    fn the_originals_consumers_find_what_they_read() {
        let value: Value = serde_json::from_slice(&event_to_value(&event())).unwrap();
        let expected = json!({
            "transaction_id": "00000000-0000-7000-8000-000000000002",
            "credit_card_number": "************1000",
            "status": "rejected",
            "amount": 129.9,
            "store": "Loja",
            "description": "Café",
            "payment_date": "2026-11-18T11:06:40.123Z",
        });
        for (field, expected) in expected.as_object().unwrap() {
            assert_eq!(&value[field], expected, "{field}");
        }
        assert_eq!(key(&event()), Some("card_1"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let good: Value = serde_json::from_slice(&event_to_value(&event())).unwrap();
        for (field, broken) in [
            ("type", json!("payment.lost")),
            ("event_id", json!("7")),
            ("reason", json!("because")),
            ("currency", json!("???")),
            ("installments", json!(300)),
            ("captured_minor", json!(null)),
            ("decided_at", json!("yesterday")),
            ("occurred_at", json!("yesterday")),
        ] {
            let mut value = good.clone();
            value[field] = broken;
            match event_from_value(value.to_string().as_bytes()).unwrap_err() {
                EventValueError::Field { field: named, .. } => assert_eq!(named, field),
                other => panic!("{field}: {other}"),
            }
        }
        let mut newer = good;
        newer["schema_version"] = json!(wire::SCHEMA_VERSION + 1);
        let newer = event_from_value(newer.to_string().as_bytes());
        assert_eq!(newer, Err(EventValueError::Newer(wire::SCHEMA_VERSION + 1)));
        assert!(matches!(event_from_value(b"{"), Err(EventValueError::Shape(_))));
    }
}
