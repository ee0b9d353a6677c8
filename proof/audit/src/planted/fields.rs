//! Goal: no field that a place shows can be changed unseen. Method: each of them is changed alone,
//! also those that are added later: they are taken from what is shown, not from a list.

use bancada_pipeline::Documents;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::copies::Copies;
use super::*;
use crate::bank::shown::decline_to_shopper;

/// Other words for fields that take only some.
const WORDS: [&str; 5] = ["hold", "purchase", "declined", "approved", "paid"];

/// The paths of all that is neither an object nor a list.
fn leaves(value: &Value) -> Vec<String> {
    let below = |name: String, value: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        leaves(value).into_iter().map(move |leaf| format!("/{name}{leaf}")).collect::<Vec<_>>()
    };
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| below(name.clone(), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, item)| below(at.to_string(), item)).collect()
        }
        _ => vec![String::new()],
    }
}

/// The same with another value at one place.
fn changed<T: Serialize + DeserializeOwned>(shown: &T, leaf: &str) -> T {
    let shown = serde_json::to_value(shown).unwrap();
    let others: Vec<Value> = match shown.pointer(leaf).unwrap() {
        Value::Bool(is_it) => vec![json!(!is_it)],
        Value::Number(number) => match number.as_i64() {
            Some(whole) => vec![json!(whole + 1)],
            None => vec![json!(number.as_f64().unwrap() + 1.0)],
        },
        Value::String(text) => {
            let more = json!(format!("{text}0"));
            let words = WORDS.iter().filter(|word| *word != text).map(|word| json!(word));
            [more].into_iter().chain(words).collect()
        }
        _ => vec![json!("something")],
    };
    let tried = others.into_iter().find_map(|other| {
        let mut shown = shown.clone();
        *shown.pointer_mut(leaf).unwrap() = other;
        serde_json::from_value(shown).ok()
    });
    tried.unwrap_or_else(|| panic!("{leaf} takes nothing else"))
}

fn leaves_of(shown: &impl Serialize) -> Vec<String> {
    leaves(&serde_json::to_value(shown).unwrap())
}

#[test]
fn each_field_of_a_statement_is_compared() {
    let (bank, latest) = (History::new().view(), Latest::of([7]));
    let good = statement();
    assert!(extrato::compare(&good, &bank, &latest, NOW).is_well());
    for leaf in leaves_of(&good[0].0) {
        let mut other = good.clone();
        other[0].0 = changed(&good[0].0, &leaf);
        assert!(!extrato::compare(&other, &bank, &latest, NOW).is_well(), "card {leaf}");
    }
    for at in 0..good[0].1.len() {
        for leaf in leaves_of(&good[0].1[at]) {
            let mut other = good.clone();
            other[0].1[at] = changed(&good[0].1[at], &leaf);
            assert!(!extrato::compare(&other, &bank, &latest, NOW).is_well(), "line {leaf}");
        }
    }
}

/// Cards change without a line, and the Bank goes on while others are read.
#[test]
fn a_card_that_may_have_changed_since_is_not_held_against_the_statement() {
    let (bank, later) = (History::new().view(), Latest::of([8]));
    let mut blocked = statement();
    blocked[0].0.status = "blocked".to_owned();
    assert!(extrato::compare(&blocked, &bank, &later, NOW).is_well());
    blocked[0].0.balance.amount_minor += 1;
    assert!(!extrato::compare(&blocked, &bank, &later, NOW).is_well());
}

#[test]
fn each_field_of_an_order_that_is_not_the_shops_own_is_compared() {
    let bank = History::new().view();
    let own = ["/items/0/slug", "/items/0/name/en", "/placed_at_ms", "/updated_at_ms"];
    let good = orders();
    assert!(checkout::compare(&good, &bank).is_well());
    for leaf in leaves_of(&good[0]).iter().filter(|leaf| !own.contains(&leaf.as_str())) {
        let others = [changed(&good[0], leaf)];
        assert!(!checkout::compare(&others, &bank).is_well(), "{leaf}");
    }
    let mut history = History::new();
    history.push(EventKind::PaymentDeclined, 5, 400, "o5", (950, 0));
    let declined = history.0.last_mut().unwrap();
    declined.merchant_id = MerchantId::parse("loja").ok();
    declined.description = "Café".to_owned();
    let bank = history.view();
    let mut order = order("o5", "declined", 5);
    order.decline = Some(decline_to_shopper(DeclineReason::InsufficientFunds));
    assert!(checkout::compare(&[order.clone(), good[0].clone()], &bank).is_well());
    for leaf in leaves_of(&order).iter().filter(|leaf| !own.contains(&leaf.as_str())) {
        let others = [changed(&order, leaf), good[0].clone()];
        assert!(!checkout::compare(&others, &bank).is_well(), "{leaf}");
    }
}

#[test]
fn each_field_of_a_load_log_that_is_not_the_payers_own_is_compared() {
    let bank = History::new().view();
    let own = ["/sent_at_ms", "/took_us", "/attempts"];
    let good = log();
    assert!(payers::compare(&good, &bank).is_well());
    for at in 0..good.len() {
        for leaf in leaves_of(&good[at]).iter().filter(|leaf| !own.contains(&leaf.as_str())) {
            let mut other = good.clone();
            other[at] = changed(&good[at], leaf);
            assert!(!payers::compare(&other, &bank).is_well(), "{leaf}");
        }
    }
}

/// Of a Bank that has had no event since.
fn quiet() -> Copies {
    let mut quiet = Copies::of(History::new());
    quiet.latest = 7;
    quiet
}

fn are_well(copies: Copies) -> bool {
    copies.compared().1.iter().all(Comparison::is_well)
}

/// Of a document: all fields that the index has.
#[test]
fn each_field_of_a_document_is_compared() {
    let template = Documents::embedded().template;
    let fields = template["template"]["mappings"]["properties"].as_object().unwrap();
    assert!(are_well(quiet()));
    for at in 0..4 {
        for name in fields.keys() {
            let mut copies = quiet();
            let shown = &mut copies.documents[at].fields;
            *shown = changed(shown, &format!("/{name}"));
            assert!(!are_well(copies), "{name}");
            let mut copies = quiet();
            copies.documents[at].fields.as_object_mut().unwrap().remove(name);
            assert!(!are_well(copies), "{name} is gone");
        }
        let mut copies = quiet();
        copies.documents[at].version = i64::MAX as u64;
        assert!(!are_well(copies));
        let mut copies = quiet();
        copies.documents[at].id.push('0');
        assert!(!are_well(copies));
        let mut copies = quiet();
        copies.documents[at].fields["loyalty_points"] = json!(3);
        assert!(!are_well(copies));
    }
}

/// Those that its event does not have, and the headers by which others read it.
#[test]
fn each_part_of_a_record_is_compared() {
    let good = quiet();
    let fields: Value = serde_json::from_slice(&good.topic[5].value).unwrap();
    for leaf in leaves(&fields) {
        let mut copies = quiet();
        copies.topic[5].value = changed(&fields, &leaf).to_string().into();
        assert!(!are_well(copies), "{leaf}");
    }
    for at in 0..good.topic[5].headers.len() {
        let mut copies = quiet();
        copies.topic[5].headers[at].1.push(b'0');
        assert!(!are_well(copies), "header {at}");
    }
}
