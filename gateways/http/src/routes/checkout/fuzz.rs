//! Whatever is sent as an order: it is one or is refused, and nothing of a card is repeated.

use bancada_checkout::ports::OrderCursor;
use bancada_fuzz::{Fuzz, gist};
use bancada_kernel::{OrderId, TraceContext};
use bancada_proto::web as wire;

use super::place_order;
use crate::quote::quotable;

const GOOD: [&str; 3] = [
    r#"{"items":[{"slug":"cafe-em-graos","quantity":1}],"card":{"number":"4242424242424242",
       "holder":"Ana Teste","expiry_month":12,"expiry_year":2035,"cvv":"123"}}"#,
    r#"{"items":[{"slug":"cafe-em-graos","quantity":99},{"slug":"x","quantity":0}],
       "card":{"number":"3782 822463 10005","holder":"Ana","expiry_month":1,"expiry_year":2030,
       "cvv":"1234"},"installments":12,"expected_total":{"amount_minor":-1,"currency":"BRL"}}"#,
    r#"{"items":[],"card":{"number":"","holder":"","expiry_month":0,"expiry_year":0,"cvv":""},
       "installments":0,"expected_total":null}"#,
];
const WORDS: [&str; 6] = ["4111-1111-1111-1111", "\\ud800", "1e400", "null", "JPY", "9999999999"];

#[test]
fn no_bytes_make_an_order_panic_and_what_is_read_can_be_written() {
    let id = OrderId::parse("00000000-0000-7000-8000-000000000001").unwrap();
    let trace = TraceContext::new(1, 2).unwrap();
    let seeds = GOOD.map(|body| body.as_bytes().to_vec());
    let fuzz = Fuzz::new(env!("CARGO_MANIFEST_DIR"), "order").seeds(seeds).words(&WORDS);
    fuzz.run(|body| match serde_json::from_slice::<wire::PlaceOrder>(body) {
        Ok(order) => {
            let written = serde_json::to_vec(&order).unwrap();
            let again: wire::PlaceOrder = serde_json::from_slice(&written).unwrap();
            assert_eq!(serde_json::to_vec(&again).unwrap(), written);
            let number = order.card.number.clone();
            match place_order(id, order, trace) {
                Ok(placed) => {
                    assert!(!format!("{placed:?}").contains(number.trim()));
                    format!("{:?} {}", placed.card.number.brand(), placed.items.len().min(3))
                }
                Err(error) => gist(&format!("{error:?}").replace('"', " ")),
            }
        }
        Err(error) => {
            let shown = quotable(&error.to_string());
            let longest = shown.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
            assert!(longest <= Some(7) && shown.chars().count() <= 201, "{shown}");
            gist(&shown)
        }
    });
}

#[test]
fn no_text_makes_a_cursor_or_a_key_panic_and_what_is_read_can_be_written() {
    let seeds = ["7", "-9223372036854775808", "00000000-0000-7000-8000-000000000001"];
    let seeds = seeds.map(|text| text.as_bytes().to_vec());
    Fuzz::new(env!("CARGO_MANIFEST_DIR"), "cursor").seeds(seeds).run(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let cursor = OrderCursor::parse(&text);
        if let Some(cursor) = cursor {
            assert_eq!(OrderCursor::parse(&cursor.to_string()), Some(cursor));
        }
        let id = OrderId::parse(&text).ok();
        if let Some(id) = id {
            assert_eq!(OrderId::parse(&id.to_string()).ok(), Some(id));
        }
        // A traceparent is a header of every request.
        let trace = TraceContext::parse(&text);
        if let Some(trace) = trace {
            assert_eq!(TraceContext::parse(&trace.to_string()), Some(trace));
        }
        (cursor.is_some(), id.is_some(), trace.is_some(), bytes.len().min(60))
    });
}
