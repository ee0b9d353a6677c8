//! The published schemas (`proto/schema`) against what is produced, and against what was
//! published before: whoever reads a topic must be able to go on.

use bancada_event_record::event_to_value;
use bancada_event_record::examples::event;
use bancada_extrato::statement::{BillOutcome, BillPayment};
use bancada_kernel::{
    CardToken, EventCard, EventKind, IdempotencyKey, Money, PaymentEvent, Timestamp,
};
use serde_json::{Value, json};

use crate::bills::bill_to_value;
use crate::topic::Topic;

const PAYMENTS: &str = include_str!("../../../proto/schema/payments.json");
const BILLS: &str = include_str!("../../../proto/schema/bill-payments.json");
const ASYNCAPI: &str = include_str!("../../../proto/schema/asyncapi.json");
/// As they were published last. A change that they allow may be published; then they are
/// replaced.
const BASELINES: [(&str, &str); 2] = [
    (include_str!("../../../proto/schema/baseline/payments.json"), PAYMENTS),
    (include_str!("../../../proto/schema/baseline/bill-payments.json"), BILLS),
];
/// Enumerations whose readers pass over what they do not know.
const OPEN_ENUMERATIONS: [&str; 2] = ["/properties/type", "/properties/status"];

type Change = fn(&mut Value);

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Why a value is not what the schema says; a field that the schema does not name is wrong here,
/// though not for readers.
fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut strict = schema.clone();
    strict["additionalProperties"] = json!(false);
    if let Some(card) = strict.pointer_mut("/properties/card") {
        card["additionalProperties"] = json!(false);
    }
    let validator = jsonschema::validator_for(&strict).unwrap();
    validator.iter_errors(value).map(|error| error.to_string()).collect()
}

fn events() -> Vec<PaymentEvent> {
    let full = event();
    let mut events: Vec<_> =
        EventKind::ALL.map(|kind| PaymentEvent { kind, ..full.clone() }).into();
    let stranger = EventCard { sequence: 0, after: None, ..full.card.clone().unwrap() };
    events.push(PaymentEvent { card: Some(stranger), ..full.clone() });
    let bare = PaymentEvent { card: None, merchant_id: None, decline: None, trace: None, ..full };
    events.push(PaymentEvent { payment: None, ..bare.clone() });
    events.push(bare);
    events
}

#[test]
fn every_event_is_what_the_schema_says_and_names_no_field_beside_it() {
    let schema = parse(PAYMENTS);
    for event in events() {
        let value: Value = serde_json::from_slice(&event_to_value(&event)).unwrap();
        assert_eq!(faults(&schema, &value), Vec::<String>::new(), "{:?}", event.kind);
    }
}

#[test]
fn a_payment_of_a_bill_is_what_the_schema_says() {
    let value: Value = serde_json::from_slice(&bill_to_value(&BillPayment {
        key: IdempotencyKey::parse("bill-1").unwrap(),
        token: CardToken::parse("card_1").unwrap(),
        amount: Money::brl(1_234),
        asked_at: Timestamp(7),
        outcome: BillOutcome::Pending,
        trace: None,
    }))
    .unwrap();
    assert_eq!(faults(&parse(BILLS), &value), Vec::<String>::new());
}

#[test]
fn what_is_not_an_event_is_not_one_by_the_schema() {
    let schema = parse(PAYMENTS);
    let good: Value = serde_json::from_slice(&event_to_value(&event())).unwrap();
    let breakages: [(&str, Change); 8] = [
        ("a whole card number", |it| it["credit_card_number"] = json!("4242424242424242")),
        ("a text for a number", |it| it["amount_minor"] = json!("1")),
        ("an unknown kind", |it| it["type"] = json!("payment.lost")),
        ("no position", |it| it["position"] = json!(0)),
        ("a field beside it", |it| it["cvv"] = json!("")),
        ("a missing field", |it| drop(it.as_object_mut().unwrap().remove("card_token"))),
        ("a field beside the card's", |it| it["card"]["number"] = json!("")),
        ("another version", |it| it["schema_version"] = json!(2)),
    ];
    for (what, break_it) in breakages {
        let mut value = good.clone();
        break_it(&mut value);
        assert_ne!(faults(&schema, &value), Vec::<String>::new(), "{what}");
    }
}

/// What readers of the old shape could trip over in the new one.
fn incompatibilities(old: &Value, new: &Value, at: &str, found: &mut Vec<String>) {
    for keyword in ["type", "const", "pattern"] {
        if old.get(keyword).is_some() && old.get(keyword) != new.get(keyword) {
            found.push(format!("{at}: another {keyword}"));
        }
    }
    let strings = |schema: &Value, keyword: &str| -> Vec<Value> {
        schema.get(keyword).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let (old_words, new_words) = (strings(old, "enum"), strings(new, "enum"));
    if !old_words.is_empty() {
        let is_more = new_words.iter().any(|word| !old_words.contains(word));
        if new_words.is_empty() || is_more && !OPEN_ENUMERATIONS.contains(&at) {
            found.push(format!("{at}: more words"));
        }
    }
    let (old_required, new_required) = (strings(old, "required"), strings(new, "required"));
    for field in old_required.iter().filter(|field| !new_required.contains(field)) {
        found.push(format!("{at}: {field} may be absent"));
    }
    let numbers = |schema: &Value| ["minimum", "maximum"].map(|it| schema.get(it)?.as_f64());
    let ([old_min, old_max], [new_min, new_max]) = (numbers(old), numbers(new));
    let is_wider = old_min.is_some_and(|old| new_min.is_none_or(|new| new < old))
        || old_max.is_some_and(|old| new_max.is_none_or(|new| new > old));
    if is_wider {
        found.push(format!("{at}: a wider range"));
    }
    for (name, old) in old.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let at = format!("{at}/properties/{name}");
        match new.get("properties").and_then(|fields| fields.get(name)) {
            Some(new) => incompatibilities(old, new, &at, found),
            None => found.push(format!("{at}: gone")),
        }
    }
}

#[test]
fn readers_of_what_was_published_before_can_read_what_is_published_now() {
    for (old, new) in BASELINES {
        let mut found = Vec::new();
        incompatibilities(&parse(old), &parse(new), "", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn a_change_that_readers_could_trip_over_is_found() {
    let old = parse(PAYMENTS);
    let changes: [(&str, Change); 8] = [
        ("/properties/brand: gone", |it| {
            it["properties"].as_object_mut().unwrap().remove("brand");
        }),
        (": \"brand\" may be absent", |it| {
            it["required"].as_array_mut().unwrap().retain(|field| field != "brand");
        }),
        ("/properties/amount_minor: another type", |it| {
            it["properties"]["amount_minor"]["type"] = json!("string");
        }),
        ("/properties/installments: a wider range", |it| {
            it["properties"]["installments"]["maximum"] = json!(24);
        }),
        ("/properties/currency: another pattern", |it| {
            it["properties"]["currency"]["pattern"] = json!(".*");
        }),
        ("/properties/schema_version: another const", |it| {
            it["properties"]["schema_version"]["const"] = json!(2);
        }),
        ("/properties/card/properties/status: more words", |it| {
            let words = &mut it["properties"]["card"]["properties"]["status"]["enum"];
            words.as_array_mut().unwrap().push(json!("sleeping"));
        }),
        ("/properties/card/properties/holder: gone", |it| {
            it["properties"]["card"]["properties"].as_object_mut().unwrap().remove("holder");
        }),
    ];
    for (expected, change) in changes {
        let (mut new, mut found) = (old.clone(), Vec::new());
        change(&mut new);
        incompatibilities(&old, &new, "", &mut found);
        assert_eq!(found, [expected]);
    }
    let (mut new, mut found) = (old.clone(), Vec::new());
    new["properties"]["type"]["enum"].as_array_mut().unwrap().push(json!("payment.disputed"));
    new["properties"]["network"] = json!({ "type": "string" });
    incompatibilities(&old, &new, "", &mut found);
    assert_eq!(found, Vec::<String>::new(), "a new kind of event and a new field");
}

#[test]
fn the_asyncapi_document_names_the_topics_and_every_reference_leads_somewhere() {
    let document = parse(ASYNCAPI);
    let brokers = || "localhost:9092".parse().unwrap();
    let named: Vec<_> = document["channels"]
        .as_object()
        .unwrap()
        .values()
        .map(|channel| channel["address"].as_str().unwrap().to_owned())
        .collect();
    for topic in [
        Topic::payments(brokers()),
        Topic::payments(brokers()).dead_letters(),
        Topic::bill_payments(brokers()),
        Topic::bill_payments(brokers()).dead_letters(),
    ] {
        assert!(named.contains(&topic.name().to_owned()), "{} is not described", topic.name());
    }
    assert_eq!(named.len(), 4);
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 8, "{references:?}");
    for reference in references {
        match reference.strip_prefix('#') {
            Some(pointer) => assert!(document.pointer(pointer).is_some(), "{reference}"),
            None => {
                let is_known =
                    ["payments.json", "bill-payments.json"].contains(&reference.as_str());
                assert!(is_known, "{reference}");
            }
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                references.push(reference.to_owned());
            }
            fields.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}
