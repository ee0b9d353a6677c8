//! Payments of every kind, the documents that become of them, and what the dashboard shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use bancada_bank::{OperationRequest, PaymentAnswer, PaymentRequest, StatusRequest};
use bancada_event_record::event_to_value;
use bancada_kafka::Topic;
use bancada_kernel::{CardStatus, EventKind, IdempotencyKey, MerchantId, Money, PaymentEvent};
use bancada_telemetry::clock;
use serde_json::{Value, json};

use crate::panels::{Span, shown};
use crate::servers::{Servers, eventually};
use bancada_testbed::bench::{Bench, RunningBank, Transport, run, sale, token};

const VISA: &str = "4242424242424242";
const MASTERCARD: &str = "5555555555554444";
const ELO: &str = "6362970000457013";
const HIPERCARD: &str = "6062825624254001";
const ANOTHER: &str = "4024007100000040";
const WITHOUT_FUNDS: &str = "4000000000009995";
const EXPIRED: &str = "4000000000000069";

/// A Bank that publishes on the topic that is copied.
pub(crate) fn bench(servers: &Servers) -> Bench {
    let brokers = servers.broker.address().parse().unwrap();
    Bench::new(Transport::Kafka(Topic::payments(brokers)))
}

pub(crate) fn known_answers(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;

        let shoes = buy(&bank, VISA, 10_000, "Loja Azul", true).await;
        buy(&bank, MASTERCARD, 5_000, "Livraria", true).await;
        let hold = buy(&bank, ELO, 3_000, "Loja Azul", false).await;
        bank.handle.capture(operation(&hold), Money::brl(2_000)).await.unwrap();
        let bread = buy(&bank, VISA, 1_000, "Padaria", true).await;
        for part in [300, 100] {
            bank.handle.refund(operation(&bread), Money::brl(part)).await.unwrap();
        }
        let room = buy(&bank, HIPERCARD, 7_000, "Hotel", false).await;
        bank.handle.void(operation(&room)).await.unwrap();
        let deposit = buy(&bank, ANOTHER, 900, "Hotel", false).await;
        buy(&bank, WITHOUT_FUNDS, 1_500, "Padaria", true).await;
        buy(&bank, EXPIRED, 2_500, "Padaria", true).await;
        // More than the card's limit.
        let dream = buy(&bank, MASTERCARD, 2_000_000, "Loja Azul", true).await;
        // Neither says anything new of a payment.
        let refused = bank.handle.refund(operation(&shoes), Money::brl(20_000)).await.unwrap();
        assert!(refused.outcome.is_err(), "more than was paid");
        let request = StatusRequest { token: token(2), status: CardStatus::Blocked };
        bank.handle.set_card_status(request).await.unwrap();

        let events = bank.events().await;
        let span = Span { from, to: clock::now().0 };
        are_copied(servers, span, &events).await;
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        for kind in [EventKind::CardIssued, EventKind::CardStatusChanged] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }

        let refunded = servers.document(&id(&bread)).await;
        assert_eq!(
            part(&refunded, &["status", "amount_minor", "captured_minor", "refunded_minor"]),
            json!(["refunded", 1_000, 1_000, 400])
        );
        assert!(refunded["payment_date"].as_str() <= refunded["occurred_at"].as_str());
        let untouched = servers.document(&id(&shoes)).await;
        assert_eq!(
            part(&untouched, &["status", "amount_minor", "store", "brand", "currency"]),
            json!(["approved", 10_000, "Loja Azul", "visa", "BRL"])
        );
        let held = servers.document(&id(&deposit)).await;
        assert_eq!(part(&held, &["status", "type"]), json!(["approved", "payment.authorized"]));
        let declined = servers.document(&id(&dream)).await;
        assert_eq!(
            part(&declined, &["status", "reason", "reason_code", "amount_minor"]),
            json!(["rejected", "insufficient_funds", "51", 2_000_000])
        );

        every_panel_shows_it(servers, span, &events).await;
        bank.tree.shutdown().await;
    });
}

async fn every_panel_shows_it(servers: &Servers, span: Span, events: &[PaymentEvent]) {
    let mut panels = shown(servers, span).await;
    let last = documents(events).values().map(occurred_at).max().unwrap();
    let feed = panels.remove("Live feed").unwrap();
    let behind = (span.to - last.as_millisecond()) as f64 / 1_000.0;
    let expected = json!({
        "Approval rate": 6.0 / 9.0,
        "Payments": 9.0,
        "Value captured": 180.0,
        "Behind": behind,
        "Payments over time": [
            [[null, "approved"], 4.0], [[null, "rejected"], 3.0],
            [[null, "refunded"], 1.0], [[null, "voided"], 1.0],
        ],
        "Value over time": [[[null], 18_000.0]],
        "Declines by reason": [[["insufficient_funds"], 2.0], [["expired_card"], 1.0]],
        "Declines by brand": [[["visa"], 2.0], [["mastercard"], 1.0]],
        "Top stores": [[["Loja Azul"], 12_000.0], [["Livraria"], 5_000.0], [["Padaria"], 1_000.0]],
    });
    for (title, expected) in expected.as_object().unwrap() {
        assert_eq!(panels.remove(title).as_ref(), Some(expected), "{title}");
    }
    assert!(panels.is_empty(), "a panel without a known answer: {panels:?}");
    let rows = feed.as_array().unwrap();
    assert_eq!(rows.len(), 9);
    assert!(rows.is_sorted_by(|one, next| occurred_at(one) >= occurred_at(next)), "{rows:?}");
    // Others may be of the same millisecond.
    let newest = rows.iter().filter(|row| occurred_at(row) == last);
    let newest: Vec<_> =
        newest.map(|row| part(row, &["status", "store", "amount_minor", "brand"])).collect();
    let expected = json!(["rejected", "Loja Azul", 2_000_000, "mastercard"]);
    assert!(newest.contains(&expected), "{newest:?}");
}

fn occurred_at(document: &Value) -> jiff::Timestamp {
    document["occurred_at"].as_str().unwrap().parse().unwrap()
}

/// Some fields of a document, in this order.
fn part(document: &Value, fields: &[&str]) -> Value {
    fields.iter().map(|&field| document[field].clone()).collect()
}

async fn buy(
    bank: &RunningBank,
    number: &str,
    amount_minor: i64,
    store: &str,
    capture: bool,
) -> PaymentAnswer {
    let request = PaymentRequest { store: store.to_owned(), capture, ..sale(number, amount_minor) };
    bank.handle.authorize(request).await.unwrap()
}

fn operation(paid: &PaymentAnswer) -> OperationRequest {
    OperationRequest {
        merchant: MerchantId::parse("loja").unwrap(),
        key: IdempotencyKey::parse(&clock::uuid().to_string()).unwrap(),
        payment: paid.payment.id,
        trace: None,
    }
}

fn id(paid: &PaymentAnswer) -> String {
    paid.payment.id.to_string()
}

/// The documents that these events make, by payment.
pub(crate) fn documents(events: &[PaymentEvent]) -> BTreeMap<String, Value> {
    let mut documents = BTreeMap::new();
    for event in events {
        if matches!(
            event.kind,
            EventKind::CardIssued
                | EventKind::CardStatusChanged
                | EventKind::CardLimitChanged
                | EventKind::PaymentOperationRefused
                | EventKind::BillPaid
                | EventKind::BillRefused
                | EventKind::LossAccepted
        ) {
            continue;
        }
        let mut value: Value = serde_json::from_slice(&event_to_value(event)).unwrap();
        let fields = value.as_object_mut().unwrap();
        fields.retain(|field, _| !["amount", "card"].contains(&field.as_str()));
        for (of_payment, of_event) in
            [("payment_amount_minor", "amount_minor"), ("decided_at", "payment_date")]
        {
            let told = fields.remove(of_payment).unwrap();
            fields.insert(of_event.to_owned(), told);
        }
        documents.insert(event.transaction_id.to_string(), value);
    }
    documents
}

/// Waits until Elasticsearch has the documents of these events, and compares them: of the payments
/// of this time there is no other, and each has every field.
pub(crate) async fn are_copied(servers: &Servers, span: Span, events: &[PaymentEvent]) {
    let expected = documents(events);
    let time = json!({ "range": { "payment_date": {
        "gte": span.from, "lte": span.to, "format": "epoch_millis",
    } } });
    let mut found = BTreeMap::new();
    eventually("every payment is a document", async || {
        let answer = servers.search(&json!({ "size": 10_000, "query": time })).await;
        let hits = answer["hits"]["hits"].as_array().unwrap();
        let by_id = |hit: &Value| (hit["_id"].as_str().unwrap().to_owned(), hit["_source"].clone());
        found = hits.iter().map(by_id).collect();
        let differs = expected.iter().filter(|(id, document)| found.get(*id) != Some(document));
        match (differs.clone().next(), found.len().cmp(&expected.len())) {
            (None, std::cmp::Ordering::Equal) => Ok(()),
            (first, _) => {
                let (n_found, n_expected) = (found.len(), expected.len());
                let first = first.map(|(id, it)| (it, found.get(id)));
                Err(format!(
                    "{} of {n_expected} differ, {n_found} are there: {first:?}",
                    differs.count()
                ))
            }
        }
    })
    .await;
}
