//! The same for the copies that are made of the history: on the topic, and in Elasticsearch.

use bancada_event_record::{PastRecord, Place, Unreadable, event_to_value};
use bancada_kernel::PaymentSnapshot;
use bancada_pipeline::Document;

use super::*;
use crate::elasticsearch::{self, Copied};
use crate::kafka::Seen;

/// Both, as they follow from the history.
pub(crate) struct Copies {
    history: History,
    pub(crate) topic: Vec<PastRecord>,
    unreadable: Vec<Unreadable>,
    pub(crate) documents: Vec<Document>,
    /// How far the Bank is when the copies were read.
    pub(crate) latest: u64,
}

impl Copies {
    pub(crate) fn of(history: History) -> Copies {
        let record =
            |(event, offset): (&PaymentEvent, i64)| PastRecord::of(event, Place(3, offset));
        let topic = history.0.iter().zip(0..).map(record).collect();
        // Amount, captured, refunded; the document's own history is that of the last event.
        let documents = vec![
            document(1, ["approved", "captured"], 2, [500, 500, 0], ["load", "k1"]),
            document(2, ["refunded", "refunded"], 5, [200, 200, 150], ["load", "k2"]),
            document(3, ["rejected", "declined"], 6, [90_000, 0, 0], ["load", "k3"]),
            document(4, ["approved", "captured"], 7, [400, 400, 0], ["loja", "o4"]),
        ];
        Copies { history, topic, unreadable: Vec::new(), documents, latest: 99 }
    }

    /// What an audit says of both.
    pub(crate) fn compared(self) -> (BankView, Vec<Comparison>) {
        let bank = self.history.view();
        let mut seen = Seen::default();
        self.topic.iter().for_each(|record| seen.add(record, &bank));
        seen.unreadable = self.unreadable;
        let latest = Latest::of([self.latest]);
        let copied: Vec<_> =
            self.documents.into_iter().map(|it| Copied::of(it.id, it.version, it.fields)).collect();
        let comparisons =
            vec![seen.compare(&bank, &latest), elasticsearch::compare(&copied, &bank, &latest)];
        (bank, comparisons)
    }
}

/// As Kafka Connect makes it.
fn document(
    n: u128,
    [status, step]: [&str; 2],
    position: u64,
    [amount, captured, refunded]: [i64; 3],
    [merchant, order]: [&str; 2],
) -> Document {
    let is_declined = status == "rejected";
    let id = payment(n).to_string();
    let fields = json!({
        "transaction_id": id, "status": status, "type": format!("payment.{step}"),
        "amount_minor": amount, "captured_minor": captured, "refunded_minor": refunded,
        "currency": "BRL", "payment_date": "2026-11-18T11:06:40.000Z",
        "occurred_at": "2026-11-18T11:06:40.000Z", "store": "Loja",
        "description": if n == 4 { "Café" } else { "" },
        "merchant_id": merchant, "order_id": order, "installments": 1,
        "reason": if is_declined { "insufficient_funds" } else { "" },
        "reason_code": if is_declined { "51" } else { "" },
        "brand": "visa", "credit_card_number": "************1000", "card_token": "card",
        "card_sequence": position, "event_id": Uuid::from_u128(position.into()).to_string(),
        "position": position, "schema_version": 1,
        "traceparent": "00-00000000000000000000000000000005-0000000000000006-01",
    });
    Document { id, version: position, fields }
}

/// Changes one thing; lost, duplicate and mismatch must be found so often, and one of the examples
/// must hold these words.
#[track_caller]
fn finds(change: impl FnOnce(&mut Copies), counts: [u64; 3], words: &str) {
    let mut copies = Copies::of(History::new());
    change(&mut copies);
    let (bank, comparisons) = copies.compared();
    let verdict = Verdict::new(&bank, comparisons);
    let found = serde_json::to_value(&verdict).unwrap();
    let numbers = ["lost", "duplicate", "mismatch"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(numbers, counts, "{found:#}");
    assert_eq!(verdict.outcome() == Outcome::Well, counts == [0; 3]);
    adds_up(&found);
    assert!(found.to_string().contains(words), "{words:?} is not in {found:#}");
}

#[test]
fn copies_of_everything_are_well() {
    finds(|_| {}, [0; 3], "elasticsearch");
    // The topic may repeat, and somebody else's record is nobody's payment.
    let again = |copies: &mut Copies| copies.topic.push(copies.topic[2].clone());
    finds(again, [0; 3], r#""repeated":1"#);
    // A hole that was filled by the whole past, written once more.
    let republished = |copies: &mut Copies| {
        let all = copies.topic.clone();
        copies.topic.remove(3);
        copies.topic.extend(all);
    };
    finds(republished, [0; 3], r#""repeated":6"#);
    let stranger = |copies: &mut Copies| {
        copies.topic[6].value = b"{}".to_vec();
        copies.topic.push(Copies::of(History::new()).topic[6].clone());
    };
    finds(stranger, [0; 3], r#""foreign":1"#);
    // What came after the Bank was read is left out, and does not make a difference of money.
    let later = |copies: &mut Copies| {
        copies.history.0.pop();
        copies.documents[0].fields["position"] = json!(7);
        copies.documents[0].fields["refunded_minor"] = json!(500);
        copies.documents.pop();
    };
    finds(later, [0; 3], "kafka");
}

#[test]
fn what_the_bank_lost_and_a_copy_still_has_is_found() {
    let lose_the_end = |copies: &mut Copies| {
        copies.history.0.pop();
        copies.latest = 6;
    };
    finds(lose_the_end, [0, 0, 2], "event 7 is beyond the bank's last");
    finds(lose_the_end, [0, 0, 2], "as of beyond the bank's last event");
}

#[test]
fn what_is_not_copied_is_found() {
    finds(|copies| drop(copies.topic.remove(3)), [1, 0, 1], "event 4 is not on the topic");
    finds(|copies| drop(copies.documents.remove(1)), [1, 0, 1], "has no document");
    // A card's event moves no money, and is missed all the same.
    finds(|copies| drop(copies.topic.remove(0)), [1, 0, 0], "event 1 is not on the topic");
}

#[test]
fn what_cannot_be_read_of_the_topic_is_found() {
    let unreadable = |copies: &mut Copies| {
        let (first, last) = (Place(3, 7), Place(3, 9));
        copies.unreadable.push(Unreadable { first, last, why: "codec 5".to_owned() });
    };
    finds(unreadable, [0, 0, 1], "records 3:7 to 3:9 cannot be read: codec 5");
}

#[test]
fn what_is_copied_otherwise_is_found() {
    let store = |copies: &mut Copies| {
        let mut event = copies.topic[1].event().unwrap();
        event.store.push('!');
        copies.topic[1].value = event_to_value(&event);
    };
    finds(store, [1, 0, 2], "record 3:1: event 2 is another");
    finds(|copies| copies.topic[1].key = None, [0, 0, 1], "not where its card's events are");
    finds(|copies| copies.topic.swap(4, 5), [0, 0, 1], "event 5 comes after later ones");
    let charge = |copies: &mut Copies| copies.documents[1].fields["refunded_minor"] = json!(100);
    finds(charge, [0, 0, 2], "is another at the bank");
    let status = |copies: &mut Copies| copies.documents[1].fields["status"] = json!("approved");
    finds(status, [0, 0, 1], "is another at the bank");
    let stale = |copies: &mut Copies| copies.documents[1].fields["position"] = json!(4);
    finds(stale, [0, 0, 1], "is another at the bank");
    let twice = |copies: &mut Copies| copies.documents.push(copies.documents[0].clone());
    finds(twice, [0, 1, 0], "has two documents");
    let lacks = |copies: &mut Copies| copies.documents[1].fields = json!({ "status": "approved" });
    finds(lacks, [0, 0, 1], "is of no payment: it names no payment");
    let foreign = |copies: &mut Copies| {
        let fields = json!({ "transaction_id": "5", "status": "approved" });
        copies.documents.push(Document { id: "5".to_owned(), version: 1, fields });
    };
    finds(foreign, [0, 0, 1], "document 5 is of no payment: it has no position");
    let unknown = |copies: &mut Copies| {
        copies.documents[2].fields["transaction_id"] = json!(payment(9).to_string())
    };
    finds(unknown, [1, 0, 1], "is not at the bank");
}

#[test]
fn a_payment_that_is_said_to_stand_otherwise_is_found() {
    let said = |copies: &mut Copies| {
        let event = &mut copies.history.0[4];
        let mut said = PaymentSnapshot::new(200, event.occurred_at);
        (said.captured_minor, said.refunded_minor) = (200, 151);
        event.payment = Some(said);
        copies.topic[4].value = event_to_value(event);
    };
    finds(said, [0, 0, 2], "said to be (200, 151), not (200, 150)");
}
