//! What statements, documents and records show of an event of the Bank, made from the event alone.

use bancada_event_record::event_to_value;
use bancada_kernel::{DeclineReason, EventCard, EventKind, Money, PaymentEvent};
use bancada_proto::web::{self, LineKind};
use serde_json::{Value, json};

use crate::facts::{Facts, Names};

/// A line of a statement.
pub(crate) const LINE: Names = &[
    "position",
    "transaction_id",
    "kind",
    "store",
    "description",
    "amount",
    "installments",
    "decline",
    "occurred_at_ms",
    "trace_id",
];

/// A card on its statement.
pub(crate) const CARD: Names = &[
    "token",
    "card",
    "holder",
    "status",
    "limit",
    "available",
    "balance",
    "held",
    "current_fatura",
    "fatura_due",
    "closing_day",
    "due_day",
];

/// A document in Elasticsearch, with its id and its version there.
pub(crate) const DOCUMENT: Names = &[
    "_id",
    "_version",
    "transaction_id",
    "status",
    "type",
    "amount_minor",
    "captured_minor",
    "refunded_minor",
    "currency",
    "payment_date",
    "occurred_at",
    "store",
    "description",
    "merchant_id",
    "order_id",
    "installments",
    "reason",
    "reason_code",
    "brand",
    "credit_card_number",
    "card_token",
    "card_sequence",
    "event_id",
    "position",
    "traceparent",
    "schema_version",
];

/// Of an event, what documents do not have: decimals for old consumers, what the last step alone
/// was about, and the card's statement.
const NOT_IN_DOCUMENTS: [&str; 4] = ["amount", "amount_minor", "payment_date", "card"];
/// How documents call what stands of the payment in an event.
const RENAMED: [(&str, &str); 2] =
    [("payment_amount_minor", "amount_minor"), ("decided_at", "payment_date")];

/// The kind of line that a statement has for an event; some have none.
pub(crate) fn line_kind(kind: EventKind) -> Option<LineKind> {
    match kind {
        EventKind::PaymentAuthorized => Some(LineKind::Hold),
        EventKind::PaymentCaptured => Some(LineKind::Purchase),
        EventKind::PaymentDeclined => Some(LineKind::Decline),
        EventKind::PaymentVoided | EventKind::PaymentExpired => Some(LineKind::Void),
        EventKind::PaymentRefunded => Some(LineKind::Refund),
        EventKind::BillPaid => Some(LineKind::BillPayment),
        EventKind::CardIssued
        | EventKind::CardStatusChanged
        | EventKind::CardLimitChanged
        | EventKind::PaymentOperationRefused
        | EventKind::BillRefused
        | EventKind::LossAccepted => None,
    }
}

/// The line of an event, if it has one.
pub(crate) fn line(event: &PaymentEvent) -> Option<Facts> {
    let line = web::StatementLine {
        position: event.position,
        transaction_id: event.transaction_id.to_string(),
        kind: line_kind(event.kind)?,
        store: event.store.clone(),
        description: event.description.clone(),
        amount: money(event.amount),
        installments: event.installments.into(),
        // What became of a hold since is told by later events.
        has_ended: false,
        decline: event.decline.map(decline_to_cardholder),
        occurred_at_ms: event.occurred_at.0,
        trace_id: event.trace.map(|trace| trace.trace_id()),
    };
    Some(Facts::of(LINE, &line))
}

/// The card after its last event, with what is on its open fatura. `None` where the Bank does not
/// know the card.
pub(crate) fn card(card: &EventCard, current_fatura_minor: i64) -> Option<Facts> {
    let now = card.after.as_ref()?;
    let used = i128::from(now.balance.minor) + i128::from(now.held.minor);
    let available = i128::from(now.limit.minor) - used;
    // What has no room is shown as the end of the range.
    let end = if available < 0 { i64::MIN } else { i64::MAX };
    let available = Money { minor: i64::try_from(available).unwrap_or(end), ..now.limit };
    let due_minor = current_fatura_minor.min(now.balance.minor.max(0));
    let shown = web::StatementCard {
        token: card.token.to_string(),
        card: web::MaskedCard {
            brand: card.brand.word().to_owned(),
            masked: card.masked_number.clone(),
        },
        holder: now.holder.clone(),
        status: now.status.word().to_owned(),
        limit: money(now.limit),
        available: money(available),
        balance: money(now.balance),
        held: money(now.held),
        current_fatura: money(Money { minor: current_fatura_minor, ..now.limit }),
        fatura_due: money(Money { minor: due_minor, ..now.limit }),
        closing_day: now.closing_day.into(),
        due_day: now.due_day.into(),
    };
    Some(Facts::of(CARD, &shown))
}

/// The document of the payment whose last event this is.
pub(crate) fn document(event: &PaymentEvent) -> Facts {
    let told: Value = serde_json::from_slice(&event_to_value(event)).unwrap_or_default();
    let mut shown = told.clone();
    if let Some(fields) = shown.as_object_mut() {
        fields.retain(|name, _| !NOT_IN_DOCUMENTS.contains(&name.as_str()));
        for (name, renamed) in RENAMED {
            if let Some(value) = fields.remove(name) {
                fields.insert(renamed.to_owned(), value);
            }
        }
        fields.insert("_id".to_owned(), told["transaction_id"].clone());
        fields.insert("_version".to_owned(), json!(event.position));
    }
    Facts::of(DOCUMENT, &shown)
}

/// A decline as the shop tells it: not always why.
pub(crate) fn decline_to_shopper(reason: DeclineReason) -> web::Decline {
    let advice = reason.advice().word().to_owned();
    web::Decline { advice, ..decline(reason.for_shopper(), reason.to_shopper()) }
}

/// A decline as the statement tells it.
pub(crate) fn decline_to_cardholder(reason: DeclineReason) -> web::Decline {
    decline(reason, reason.to_cardholder())
}

fn decline(reason: DeclineReason, text: [&'static str; 2]) -> web::Decline {
    let [pt_br, en] = text.map(str::to_owned);
    web::Decline {
        code: reason.code().to_owned(),
        reason: reason.word().to_owned(),
        retryable: reason.retryable(),
        advice: String::new(),
        message: web::Text { pt_br, en },
    }
}

pub(crate) fn money(money: Money) -> web::Money {
    web::Money { amount_minor: money.minor, currency: money.currency.code().to_owned() }
}
