//! An event as a record of the topic.

use bancada_kernel::{CardSnapshot, DeclineReason, EventKind, PaymentEvent, Timestamp};
use bancada_proto::event as wire;

/// The value of an event's record: JSON, the shape of [`bancada_proto::event::PaymentEvent`].
///
/// An absent card, merchant, decline or trace is an empty text; a card that the Bank does not
/// know has the sequence 0 and an empty snapshot.
pub fn event_to_value(event: &PaymentEvent) -> Vec<u8> {
    serde_json::to_vec(&to_wire(event)).expect("the shape has text keys only")
}

/// The record's key: all events of a card are in one partition, in order.
pub fn key(event: &PaymentEvent) -> Option<&str> {
    event.card.as_ref().map(|card| card.token.as_str())
}

/// The record's headers: what a consumer wants to know before it reads the value.
pub fn headers(event: &PaymentEvent) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("event-type", event.kind.word().to_owned()),
        ("event-id", event.event_id.to_string()),
        ("position", event.position.to_string()),
        ("schema-version", wire::SCHEMA_VERSION.to_string()),
    ];
    headers.extend(event.trace.map(|trace| ("traceparent", trace.to_string())));
    if leaves_payments_unchanged(event.kind) {
        headers.push(("payment-unchanged", "true".to_owned()));
    }
    headers
}

/// Kafka Connect decides by the presence of a header only, and knows no expressions over the
/// value.
fn leaves_payments_unchanged(kind: EventKind) -> bool {
    match kind {
        EventKind::CardIssued
        | EventKind::CardStatusChanged
        | EventKind::CardLimitChanged
        | EventKind::PaymentOperationRefused
        | EventKind::BillPaid
        | EventKind::BillRefused
        | EventKind::LossAccepted => true,
        EventKind::PaymentAuthorized
        | EventKind::PaymentCaptured
        | EventKind::PaymentDeclined
        | EventKind::PaymentVoided
        | EventKind::PaymentExpired
        | EventKind::PaymentRefunded => false,
    }
}

pub(crate) fn to_wire(event: &PaymentEvent) -> wire::PaymentEvent {
    let card = event.card.as_ref();
    let occurred_at = rfc3339(event.occurred_at);
    wire::PaymentEvent {
        transaction_id: event.transaction_id.to_string(),
        credit_card_number: card.map(|card| card.masked_number.clone()).unwrap_or_default(),
        status: event.kind.status().to_owned(),
        amount: event.amount.to_decimal(),
        store: event.store.clone(),
        description: event.description.clone(),
        payment_date: occurred_at.clone(),
        event_id: event.event_id.to_string(),
        kind: event.kind.word().to_owned(),
        position: event.position,
        card_token: card.map(|card| card.token.to_string()).unwrap_or_default(),
        card_sequence: card.map_or(0, |card| card.sequence),
        amount_minor: event.amount.minor,
        payment_amount_minor: event.payment.map(|payment| payment.amount_minor),
        captured_minor: event.payment.map(|payment| payment.captured_minor),
        refunded_minor: event.payment.map(|payment| payment.refunded_minor),
        decided_at: event.payment.map(|payment| rfc3339(payment.decided_at)),
        currency: event.amount.currency.code().to_owned(),
        brand: card.map(|card| card.brand.word().to_owned()).unwrap_or_default(),
        merchant_id: event.merchant_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        order_id: event.order_id.clone(),
        reason_code: event.decline.map(DeclineReason::code).unwrap_or_default().to_owned(),
        reason: event.decline.map(DeclineReason::word).unwrap_or_default().to_owned(),
        installments: event.installments.into(),
        occurred_at,
        card: card.and_then(|card| card.after.as_ref()).map(snapshot).unwrap_or_default(),
        traceparent: event.trace.map(|trace| trace.to_string()).unwrap_or_default(),
        schema_version: wire::SCHEMA_VERSION,
    }
}

fn snapshot(card: &CardSnapshot) -> wire::CardSnapshot {
    wire::CardSnapshot {
        holder: card.holder.clone(),
        limit_minor: card.limit.minor,
        balance_minor: card.balance.minor,
        held_minor: card.held.minor,
        status: card.status.word().to_owned(),
        closing_day: card.closing_day.into(),
        due_day: card.due_day.into(),
    }
}

/// UTC with milliseconds; an instant that no calendar has is written as the nearest that has one.
fn rfc3339(Timestamp(millis): Timestamp) -> String {
    let nearest = if millis < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(nearest);
    format!("{instant:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::event;

    #[test]
    fn headers_tell_kafka_connect_what_becomes_of_the_payment() {
        for kind in EventKind::ALL {
            let headers = headers(&PaymentEvent { kind, ..event() });
            let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
            let expected: &[&str] = match kind.word() {
                "payment.authorized" | "payment.captured" | "payment.declined"
                | "payment.voided" | "payment.expired" | "payment.refunded" => &[],
                _ => &["payment-unchanged"],
            };
            assert_eq!(names[..4], ["event-type", "event-id", "position", "schema-version"]);
            assert_eq!(headers[2].1, "7");
            assert_eq!(names[4], "traceparent");
            assert_eq!(&names[5..], expected, "{kind:?}");
        }
    }
}
