//! What a refusal says, to whom, and what it leaves in the form.

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::program::{System, eventually};

async fn pay_with(browser: &Browser, system: &System, number: &str) {
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card(number).await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"declined\"]").await;
}

async fn field(browser: &Browser, id: &str) -> Value {
    browser.run(&format!("return document.querySelector('{id}').value")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thief_learns_nothing_and_the_owner_of_the_card_everything() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "en-US").await;
    pay_with(&browser, &system, "4000000000009979").await;
    let page = browser.text_of("main").await.to_lowercase();
    for word in ["stolen", "41", "43", "lost", "fraud"] {
        let is_shown = page.split(|c: char| !c.is_alphanumeric()).any(|shown| shown == word);
        assert!(!is_shown, "{word}: {page}");
    }
    let order = system.first_order().await;
    assert_eq!(order["decline"]["reason"], "generic_decline", "{order}");
    assert!(browser.client.find(Locator::Css(".try-again, .check-card")).await.is_err());

    let token = system.card_ending_with("9979").await;
    browser.client.goto(&system.url(&format!("/extrato/cards/{token}"))).await.unwrap();
    browser.find("#lines li[data-kind=\"decline\"]").await;
    let line = browser.text_of("#lines li[data-kind=\"decline\"]").await;
    assert!(line.contains("reported as stolen") && !line.contains("another card"), "{line}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_buyer_tries_again_without_typing_it_all_again() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(1280, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4000000000009995").await;
    browser.click("#installments option[value=\"4\"]").await;
    browser.click("#pay-submit").await;
    browser.find("#decline[data-reason=\"insufficient_funds\"]").await;
    // The message has the focus, or what stands above it.
    let focus = "return document.activeElement.closest('#outcome') !== null";
    eventually("the focus is at the message", async || browser.run(focus).await == json!(true))
        .await;
    browser.click(".try-again").await;
    browser.find("#pay-form").await;
    let kept = ["#card-number", "#card-holder", "#card-expiry", "#card-cvv", "#installments"];
    let expected = ["4000000000009995", "Ana Teste", "12/35", "", "4"];
    for (id, expected) in kept.into_iter().zip(expected) {
        assert_eq!(field(&browser, id).await, expected, "{id}");
    }
    browser.write("#card-cvv", "123").await;
    browser.click("#pay-submit").await;
    browser.find("#decline").await;
    browser.click(".try-another-card").await;
    browser.find("#pay-form").await;
    for (id, expected) in kept.into_iter().zip(["", "Ana Teste", "", "", "4"]) {
        assert_eq!(field(&browser, id).await, expected, "{id}");
    }
    browser.fill_card("4242424242424242").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    // What was paid with is not kept.
    browser.click("nav a[href=\"/loja/\"]").await;
    browser.fill_cart(&system.url("/loja/")).await;
    assert_eq!(field(&browser, "#card-number").await, "");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_expiry_is_checked_and_not_called_hopeless() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    pay_with(&browser, &system, "4000000000000069").await;
    browser.click(".check-card").await;
    browser.find("#pay-form").await;
    assert_eq!(field(&browser, "#card-number").await, "4000000000000069");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_form_takes_the_focus_and_follows_the_language() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(1280, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424242").await;
    // The request is changed on its way, and the real server refuses it.
    browser
        .run(
            "const send = window.fetch;
            window.fetch = async (request, ...rest) => {
                if (request.method !== 'POST') return send.call(window, request, ...rest);
                const order = await request.json();
                order.items[0].slug = 'nothing';
                return send.call(window, request.url, { method: 'POST', headers: request.headers,
                    body: JSON.stringify(order) });
            };",
        )
        .await;
    browser.click("#pay-submit").await;
    browser.find("#refusal .note-error").await;
    let focus = browser.run("return document.activeElement.id").await;
    assert_eq!(focus, "refusal");
    assert!(browser.text_of("#refusal").await.contains("A loja não vende"));
    browser.click(".language button[lang=\"en\"]").await;
    eventually("it is said in English", async || {
        browser.text_of("#refusal").await.contains("The shop does not sell")
    })
    .await;
    browser.close().await;
}
