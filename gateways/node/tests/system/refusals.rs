//! Requests that make no sense: each gets a clear error, and changes nothing.

use serde_json::{Value, json};

use crate::program::*;

fn with(path: &str, value: Value) -> Value {
    let mut body = order("4242424242424242");
    *body.pointer_mut(path).unwrap() = value;
    body
}

#[test]
fn bad_orders_are_refused_with_a_code_and_the_field() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        let price = |minor| {
            let mut body = order("4242424242424242");
            body["expected_total"] = json!({ "amount_minor": minor, "currency": "BRL" });
            body
        };
        let mut tampered = order("4242424242424242");
        tampered["items"][0]["price"] = json!(1);
        let cases = [
            (with("/items", json!([])), 422, "order_empty", "items"),
            (with("/items/0/slug", json!("iate")), 422, "product_unknown", "items[0].slug"),
            (
                with("/items/0/quantity", json!(0)),
                422,
                "quantity_out_of_range",
                "items[0].quantity",
            ),
            (
                with("/items/0/quantity", json!(1_000_000_000)),
                422,
                "quantity_out_of_range",
                "items[0].quantity",
            ),
            (with("/items/0/quantity", json!(-1)), 422, "body_invalid", ""),
            (with("/items/0/quantity", json!("2")), 422, "body_invalid", ""),
            (
                with("/card/number", json!("4242424242424241")),
                422,
                "card_number_checksum",
                "card.number",
            ),
            (with("/card/number", json!("4242")), 422, "card_number_length", "card.number"),
            (
                with("/card/expiry_month", json!(13)),
                422,
                "card_expiry_invalid",
                "card.expiry_month",
            ),
            (with("/card/cvv", json!("12")), 422, "card_cvv_invalid", "card.cvv"),
            (with("/card/holder", json!(" ")), 422, "card_holder_invalid", "card.holder"),
            (price(1), 409, "price_changed", "expected_total"),
            (tampered, 422, "body_invalid", ""),
        ];
        for (body, status, code, field) in cases {
            let (found, problem) = system.post_order(Some(&new_key()), &body).await.unwrap();
            assert_eq!((found, problem["code"].as_str()), (status, Some(code)), "{problem}");
            assert_eq!(problem["field"].as_str().unwrap_or_default(), field, "{problem}");
            assert_eq!(problem["type"], format!("urn:bancada:problem:{code}"));
        }
        let (status, problem) = system.post_order(None, &order("4242424242424242")).await.unwrap();
        assert_eq!((status, &problem["code"]), (400, &"idempotency_key_missing".into()));
        let (status, problem) =
            system.post_order(Some("twice"), &order("4242424242424242")).await.unwrap();
        assert_eq!((status, &problem["code"]), (400, &"idempotency_key_invalid".into()));

        let orders = format!("{}/api/checkout/v1/orders", system.shop);
        for (body, content_type, status, code) in [
            ("{\"items\": [", "application/json", 400, "json_malformed"),
            ("[]", "application/json", 422, "body_invalid"),
            ("{}", "text/plain", 415, "unsupported_media_type"),
            (&"x".repeat(17_000), "application/json", 413, "body_too_large"),
        ] {
            let request = system.web.post(&orders).header("idempotency-key", new_key());
            let request = request.header("content-type", content_type).body(body.to_owned());
            let answer = request.header("accept-language", "pt-BR").send().await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            assert_eq!(answer.headers()["content-language"], "pt-BR");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], code);
        }
        let list = system.get(&orders).await.unwrap();
        assert_eq!(list["orders"], json!([]), "nothing was kept");
        system.passes_audit(None).await;
    });
}

#[test]
fn a_key_is_for_one_order() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        let key = new_key();
        let (status, first) = system.buy(&key, "4242424242424242").await.unwrap();
        assert_eq!((status, &first["status"]), (201, &"paid".into()));
        let other = with("/items/0/quantity", json!(2));
        let (status, problem) = system.post_order(Some(&key), &other).await.unwrap();
        assert_eq!((status, &problem["code"]), (409, &"idempotency_key_reused".into()));
        let (status, again) = system.buy(&key, "4242424242424242").await.unwrap();
        assert_eq!((status, &again), (200, &first));
        system.passes_audit(None).await;
    });
}

#[test]
fn addresses_without_anything_say_so() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&["--no-chaos"]);
        system.is_ready().await;
        for (url, status, code) in [
            (format!("{}/api/checkout/v1/products/iate", system.shop), 404, "product_unknown"),
            (format!("{}/api/checkout/v1/orders/7", system.shop), 404, "order_unknown"),
            (format!("{}/api/extrato/v1/cards/x/statement", system.shop), 404, "card_unknown"),
            (format!("{}/api/checkout/v1/orders?limit=0", system.shop), 400, "limit_out_of_range"),
            (
                format!("{}/api/extrato/v1/cards/x/statement?kind=y", system.shop),
                400,
                "query_invalid",
            ),
            (format!("{}/nowhere", system.shop), 404, "not_found"),
        ] {
            let answer = system.web.get(&url).send().await.unwrap();
            assert_eq!(answer.status(), status, "{url}");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], code, "{url}");
        }
        let chaos = format!("{}/chaos/crash/bank/ledger", system.admin);
        let refused = system.web.post(&chaos).send().await.unwrap();
        assert_eq!(refused.status(), 403, "chaos was not allowed");
    });
}
