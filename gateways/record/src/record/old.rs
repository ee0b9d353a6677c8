//! Entries as earlier versions of the record have them.

use bancada_bank::ledger::{Entry, IssuedCard, Posting, Refusal, RequestIdentity};
use bancada_kernel::{
    DeclineReason, EventCard, EventId, EventKind, MerchantId, Money, PaymentEvent, PaymentId,
    Timestamp, TraceContext,
};
use serde::Deserialize;

/// An event as versions 1 and 2 have it.
#[derive(Deserialize)]
struct EventV1 {
    event_id: EventId,
    kind: EventKind,
    position: u64,
    transaction_id: PaymentId,
    card: Option<EventCard>,
    amount: Money,
    store: String,
    description: String,
    merchant_id: Option<MerchantId>,
    order_id: String,
    decline: Option<DeclineReason>,
    installments: u8,
    occurred_at: Timestamp,
    trace: Option<TraceContext>,
}

impl From<EventV1> for PaymentEvent {
    fn from(event: EventV1) -> PaymentEvent {
        PaymentEvent {
            event_id: event.event_id,
            kind: event.kind,
            position: event.position,
            transaction_id: event.transaction_id,
            card: event.card,
            amount: event.amount,
            payment: None,
            store: event.store,
            description: event.description,
            merchant_id: event.merchant_id,
            order_id: event.order_id,
            decline: event.decline,
            installments: event.installments,
            occurred_at: event.occurred_at,
            trace: event.trace,
        }
    }
}

/// An entry as version 1 has it.
#[derive(Deserialize)]
pub(super) struct EntryV1 {
    event: EventV1,
    postings: Vec<Posting>,
    request: Option<RequestIdentity>,
    issued: Option<IssuedCard>,
}

impl From<EntryV1> for Entry {
    fn from(entry: EntryV1) -> Entry {
        let EntryV1 { event, postings, request, issued } = entry;
        let (event, refusal, ran) = (event.into(), None, None);
        Entry { event, postings, request, issued, refusal, ran }
    }
}

/// An entry as version 2 has it.
#[derive(Deserialize)]
pub(super) struct EntryV2 {
    event: EventV1,
    postings: Vec<Posting>,
    request: Option<RequestIdentity>,
    issued: Option<IssuedCard>,
    refusal: Option<Refusal>,
}

impl From<EntryV2> for Entry {
    fn from(entry: EntryV2) -> Entry {
        let EntryV2 { event, postings, request, issued, refusal } = entry;
        Entry { event: event.into(), postings, request, issued, refusal, ran: None }
    }
}

/// An entry as version 3 has it.
#[derive(Deserialize)]
pub(super) struct EntryV3 {
    event: PaymentEvent,
    postings: Vec<Posting>,
    request: Option<RequestIdentity>,
    issued: Option<IssuedCard>,
    refusal: Option<Refusal>,
}

impl From<EntryV3> for Entry {
    fn from(entry: EntryV3) -> Entry {
        let EntryV3 { event, postings, request, issued, refusal } = entry;
        Entry { event, postings, request, issued, refusal, ran: None }
    }
}
