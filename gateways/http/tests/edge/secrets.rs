//! Whatever was posted, no answer repeats a whole card number.

use reqwest::Method;
use serde_json::json;

use crate::running_shop::*;

/// Fails when a text shows a number of these tests, however its digits are grouped.
#[track_caller]
pub(crate) fn shows_no_card_number(text: &str) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    for word in text.split(|c: char| c.is_alphabetic()) {
        for number in [NUMBER, "4242424242424241", "378282246310005", "4000000000009995"] {
            assert!(!digits(word).contains(number), "it shows a card number: {text}");
        }
    }
}

#[test]
fn a_card_number_in_the_wrong_place_is_not_repeated() {
    run(async {
        let shop = RunningShop::start().await;
        let mut bodies = Vec::new();
        for number in [NUMBER, "4242 4242 4242 4242", "4242-4242-4242-4242", "4242.4242.4242.4242"]
        {
            for path in ["/card/expiry_month", "/card/expiry_year", "/items/0/quantity", "/items"] {
                let mut body = order(NUMBER);
                *body.pointer_mut(path).unwrap() = json!(number);
                bodies.push((body, "body_invalid"));
            }
            let mut slug = order(NUMBER);
            slug["items"][0]["slug"] = json!(number);
            bodies.push((slug, "product_unknown"));
            let mut holder = order("4242424242424241");
            holder["card"]["holder"] = json!(number);
            bodies.push((holder, "card_number_checksum"));
            let mut currency = order(NUMBER);
            currency["expected_total"] = json!({ "amount_minor": 1, "currency": number });
            bodies.push((currency, "currency_unknown"));
            let mut field = order(NUMBER);
            field[number] = json!(1);
            bodies.push((field, "body_invalid"));
        }
        let mut swapped = order(NUMBER);
        swapped["card"]["cvv"] = json!(NUMBER);
        bodies.push((swapped, "card_cvv_invalid"));
        let mut integer = order(NUMBER);
        integer["card"]["number"] = json!(4_242_424_242_424_242_u64);
        bodies.push((integer, "body_invalid"));
        for (body, code) in bodies {
            for language in ["pt-BR", "en"] {
                let request = shop.request(Method::POST, ORDERS);
                let request = request.header("idempotency-key", new_key()).json(&body);
                // Every answer of these tests is searched as it comes.
                let answer = shop.ask(request.header("accept-language", language)).await;
                assert_eq!(answer.problem(), (422, code.to_owned()), "{}", answer.text());
            }
        }
        shop.stop().await;
    });
}

#[test]
fn a_card_number_in_an_address_or_a_header_is_not_repeated() {
    run(async {
        let shop = RunningShop::start().await;
        for path in [
            format!("/{NUMBER}"),
            format!("/api/checkout/v1/products/{NUMBER}"),
            format!("{ORDERS}/{NUMBER}"),
            format!("{ORDERS}?limit={NUMBER}"),
            format!("{ORDERS}?before=4242-4242-4242-4242"),
            format!("/api/extrato/v1/cards/{NUMBER}/statement"),
            format!("/api/extrato/v1/cards/{NUMBER}/stream"),
            format!("/assets/{NUMBER}"),
        ] {
            let answer = shop.get(&path).await;
            assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
            answer.problem();
        }
        let answer = shop.post(NUMBER, &order(NUMBER)).await;
        assert_eq!(answer.problem().1, "idempotency_key_invalid");
        let metrics = shop.get_admin("/metrics").await;
        assert_eq!(metrics.status, 200, "and no label has it");
        shop.stop().await;
    });
}

#[test]
fn an_order_and_its_statement_show_four_digits() {
    run(async {
        let shop = RunningShop::start().await;
        let token = shop.token_of("4242").await;
        let mut body = order("4242 4242 4242 4242");
        body["card"]["holder"] = json!("Ana Teste");
        let placed = shop.post(&new_key(), &body).await.json();
        assert_eq!(placed["card"]["masked"], "************4242");
        let listed = shop.get(ORDERS).await.json();
        assert_eq!(listed["orders"][0]["card"], placed["card"]);
        eventually("the line is there", async || shop.lines(&token).await.len() == 1).await;
        assert!(!placed.to_string().contains("123\""), "nor the security code: {placed}");
        let found = shop
            .ask(shop.request(Method::GET, &format!("{ORDERS}/{}", placed["id"].as_str().unwrap())))
            .await;
        assert_eq!(found.json(), placed);
        shop.stop().await;
    });
}
