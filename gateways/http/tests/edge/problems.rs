//! Every refusal is a problem (RFC 9457) with a stable code, in the reader's language.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running_shop::*;

/// A refusal that is asked for, and how it must look.
struct Case {
    key: Option<String>,
    content_type: &'static str,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
    field: Option<&'static str>,
}

fn refused(body: &Value, code: &'static str, field: Option<&'static str>) -> Case {
    Case {
        key: Some(new_key()),
        content_type: "application/json",
        body: body.to_string().into_bytes(),
        status: 422,
        code,
        field,
    }
}

fn malformed(body: &str) -> Case {
    let case = refused(&Value::Null, "json_malformed", None);
    Case { status: 400, body: body.as_bytes().to_vec(), ..case }
}

fn with_key(key: Option<&str>, code: &'static str) -> Case {
    let case = refused(&order(NUMBER), code, None);
    Case { key: key.map(str::to_owned), status: 400, ..case }
}

fn with(path: &str, value: Value) -> Value {
    let mut body = order(NUMBER);
    let (parent, name) = path.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

fn without(path: &str) -> Value {
    let mut body = order(NUMBER);
    let (parent, name) = path.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    body
}

fn cases() -> Vec<Case> {
    let line = json!({ "slug": "cafe-em-graos", "quantity": 1 });
    let dollars = json!({ "amount_minor": 3_990, "currency": "USD" });
    let play_money = json!({ "amount_minor": 3_990, "currency": "XXZ" });
    let whole = order(NUMBER).to_string();
    let mut cases = vec![
        malformed(""),
        malformed("{"),
        malformed(&whole[..whole.len() - 1]),
        malformed(&format!("{whole} and more")),
        malformed("{\"items\": \u{1}}"),
        with_key(None, "idempotency_key_missing"),
        with_key(Some(""), "idempotency_key_invalid"),
        with_key(Some("7"), "idempotency_key_invalid"),
        with_key(Some(&"7".repeat(300)), "idempotency_key_invalid"),
        refused(&json!(null), "body_invalid", None),
        refused(&json!("order"), "body_invalid", None),
        refused(&json!({}), "body_invalid", None),
        refused(&without("/card"), "body_invalid", None),
        refused(&without("/card/cvv"), "body_invalid", None),
        refused(&with("/items", json!(null)), "body_invalid", None),
        refused(&with("/card", json!("4242")), "body_invalid", None),
        refused(&with("/card/cvv", json!(123)), "body_invalid", None),
        refused(&with("/card/expiry_month", json!(-1)), "body_invalid", None),
        refused(&with("/card/expiry_month", json!(1.5)), "body_invalid", None),
        refused(&with("/installments", json!("2")), "body_invalid", None),
        refused(&with("/items", json!(vec![&line; 51])), "order_too_long", Some("items")),
        refused(
            &with("/installments", json!(0)),
            "installments_out_of_range",
            Some("installments"),
        ),
        refused(
            &with("/installments", json!(13)),
            "installments_out_of_range",
            Some("installments"),
        ),
        refused(
            &with("/expected_total", play_money),
            "currency_unknown",
            Some("expected_total.currency"),
        ),
        refused(&with("/card/number", json!("")), "card_number_invalid", Some("card.number")),
        refused(&with("/card/number", json!("4242x")), "card_number_invalid", Some("card.number")),
        refused(
            &with("/card/expiry_year", json!(99_999)),
            "card_expiry_invalid",
            Some("card.expiry_month"),
        ),
        refused(&with("/card/holder", json!("A\u{0}")), "card_holder_invalid", Some("card.holder")),
    ];
    let form = refused(&order(NUMBER), "unsupported_media_type", None);
    cases.push(Case { status: 415, content_type: "application/x-www-form-urlencoded", ..form });
    let changed = refused(&with("/expected_total", dollars), "price_changed", None);
    cases.push(Case { status: 409, field: Some("expected_total"), ..changed });
    cases
}

#[test]
fn a_refusal_is_a_problem_in_the_readers_language() {
    run(async {
        let shop = RunningShop::start().await;
        for case in cases() {
            let mut texts = Vec::new();
            for (accepted, language) in [("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"), ("en-GB", "en")] {
                let mut request = shop
                    .request(Method::POST, ORDERS)
                    .header("accept-language", accepted)
                    .header("content-type", case.content_type)
                    .body(case.body.clone());
                if let Some(key) = &case.key {
                    request = request.header("idempotency-key", key);
                }
                let answer = shop.ask(request).await;
                let sent = String::from_utf8_lossy(&case.body);
                assert_eq!(answer.problem(), (case.status, case.code.to_owned()), "{sent}");
                assert_eq!(answer.header("content-language"), language);
                assert_eq!(answer.header("cache-control"), "no-store");
                let problem = answer.json();
                assert_eq!(problem["type"], format!("urn:bancada:problem:{}", case.code));
                assert_eq!(problem["status"], case.status);
                assert_eq!(problem["field"].as_str(), case.field, "{problem}");
                assert_eq!(problem["trace_id"], answer.header("x-trace-id"));
                texts.push((problem["title"].clone(), problem["detail"].clone()));
            }
            assert_ne!(texts[0].0, texts[1].0, "{}: one title for both", case.code);
            assert_ne!(texts[0].1, texts[1].1, "{}: one text for both", case.code);
        }
        let list = shop.get(ORDERS).await.json();
        assert_eq!(list["orders"], json!([]), "nothing was kept");
        shop.stop().await;
    });
}

#[test]
fn a_body_of_more_than_16_kib_is_refused_however_it_is_sent() {
    run(async {
        let shop = RunningShop::start().await;
        let mut body = order(NUMBER).to_string();
        body.push_str(&" ".repeat(16 * 1024 + 1 - body.len()));
        let post = || {
            let request = shop.request(Method::POST, ORDERS).header("idempotency-key", new_key());
            request.header("content-type", "application/json")
        };
        let known = shop.ask(post().body(body.clone())).await;
        assert_eq!(known.problem(), (413, "body_too_large".to_owned()));
        let chunks: Vec<_> = body.into_bytes().chunks(1_000).map(<[u8]>::to_vec).collect();
        let chunks = chunks.into_iter().map(Ok::<_, std::io::Error>);
        let chunked = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
        let chunked = shop.ask(post().body(chunked)).await;
        assert_eq!(chunked.problem(), (413, "body_too_large".to_owned()));

        // One byte less is read.
        let mut body = order(NUMBER).to_string();
        body.push_str(&" ".repeat(16 * 1024 - body.len()));
        assert_eq!(shop.ask(post().body(body)).await.status, 201);
        shop.stop().await;
    });
}

#[test]
fn a_query_that_makes_no_sense_is_a_problem() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let statement = format!("/api/extrato/v1/cards/{token}/statement");
        let cards = "/api/extrato/v1/cards";
        for (path, code, field) in [
            (format!("{ORDERS}?limit=0"), "limit_out_of_range", Some("limit")),
            (format!("{ORDERS}?limit=101"), "limit_out_of_range", Some("limit")),
            (format!("{ORDERS}?limit=ten"), "limit_out_of_range", Some("limit")),
            (format!("{ORDERS}?before=x"), "cursor_invalid", Some("before")),
            (format!("{ORDERS}?limit=1&limit=2"), "query_invalid", None),
            (format!("{statement}?kind=gift"), "query_invalid", Some("kind")),
            (format!("{statement}?limit=201"), "query_invalid", Some("limit")),
            (format!("{statement}?limit=0"), "query_invalid", Some("limit")),
            (format!("{statement}?from_ms=today"), "query_invalid", Some("from_ms")),
            (format!("{statement}?to_ms=1e3"), "query_invalid", Some("to_ms")),
            (format!("{statement}?before=-1"), "query_invalid", Some("before")),
            (format!("{statement}?before=9223372036854775808"), "query_invalid", Some("before")),
            (format!("{statement}?before={}", u64::MAX), "query_invalid", Some("before")),
            (format!("{cards}?limit=0"), "query_invalid", Some("limit")),
            (format!("{cards}?limit=201"), "query_invalid", Some("limit")),
            (format!("{cards}?after={}", "x".repeat(65)), "query_invalid", Some("after")),
            (format!("{statement}?search={}", "x".repeat(101)), "query_invalid", Some("search")),
            (format!("{statement}?kind=hold&kind=hold"), "query_invalid", None),
        ] {
            let answer = shop.get(&path).await;
            assert_eq!(answer.problem(), (400, code.to_owned()), "{path}");
            assert_eq!(answer.json()["field"].as_str(), field, "{path}");
        }
        let last = shop.get(&format!("{statement}?before={}", i64::MAX)).await;
        assert_eq!(last.status, 200, "the last position that there can be");
        for after in ["9223372036854775808", "x"] {
            let answer = shop.get_admin(&format!("/dead-letters?after={after}")).await;
            assert_eq!(answer.problem(), (400, "query_invalid".to_owned()), "{after}");
        }
        // An empty parameter is no filter.
        let empty = format!("{statement}?search=&kind=&from_ms=&to_ms=&before=");
        assert_eq!(shop.get(&empty).await.status, 200);
        shop.stop().await;
    });
}

#[test]
fn two_different_keys_are_no_key() {
    run(async {
        let shop = RunningShop::start().await;
        let (key, other) = (new_key(), new_key());
        let post = |second: &str| {
            let request = shop.request(Method::POST, ORDERS).header("idempotency-key", &key);
            request.header("idempotency-key", second).json(&order(NUMBER))
        };
        let answer = shop.ask(post(&other)).await;
        assert_eq!(answer.problem(), (400, "idempotency_key_ambiguous".to_owned()));
        assert_eq!(shop.get(ORDERS).await.json()["orders"], json!([]), "nothing was ordered");
        assert_eq!(shop.ask(post(&key)).await.status, 201, "the same one twice is one");
        shop.stop().await;
    });
}

#[test]
fn cards_come_in_pages() {
    run(async {
        let shop = RunningShop::start().await;
        let cards = "/api/extrato/v1/cards";
        let tokens = |list: &Value| -> Vec<String> {
            let cards = list["cards"].as_array().unwrap().iter();
            cards.map(|card| card["token"].as_str().unwrap().to_owned()).collect()
        };
        let all = shop.get(cards).await.json();
        assert_eq!(all["next"], Value::Null, "all fit on a page");
        let (mut paged, mut after) = (Vec::new(), String::new());
        loop {
            let page = shop.get(&format!("{cards}?limit=3&after={after}")).await.json();
            assert!(tokens(&page).len() <= 3);
            paged.extend(tokens(&page));
            match page["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        assert!(paged.len() > 3);
        assert_eq!(paged, tokens(&all));
        shop.stop().await;
    });
}
