//! What nobody expects: texts that turn around, addresses, numbers and answers that are none.

use crate::bank::Merchant;
use crate::browser::Browser;
use crate::program::{System, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_stores_name_turns_nothing_around() {
    let system = System::new();
    let _program = system.up().await;
    let token = system.buy("4242424242424242").await;
    let bank = Merchant::of(&system, "hotel").await;
    bank.hold("\u{202E}adacnaB ajoL", 5_000).await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.client.goto(&system.url(&format!("/extrato/cards/{token}"))).await.unwrap();
    browser.find("#lines li[data-kind=\"hold\"]").await;
    let store = browser.run("return document.querySelector('[data-kind=hold] .store').textContent");
    assert_eq!(store.await, "adacnaB ajoL");
    let found = browser.run("return document.body.textContent.includes('\\u202E')").await;
    assert_eq!(found, false);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_quantity_is_said_and_changes_nothing() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.client.goto(&system.url("/loja/cart")).await.unwrap();
    let leave = "document.querySelector('.quantity').blur()";
    browser.overwrite(".quantity", "3").await;
    browser.run(leave).await;
    let total = async || browser.text_of("#cart-total").await;
    eventually("three are in the cart", async || total().await.contains("119,70")).await;
    for text in ["2,5", "-1", "0", "100", "dois"] {
        browser.overwrite(".quantity", text).await;
        browser.run(leave).await;
        browser.find(".quantity[aria-invalid=\"true\"]").await;
        assert!(browser.text_of(".line .problem").await.contains("há 3"), "{text}");
        assert!(total().await.contains("119,70"), "{text}");
    }
    browser.overwrite(".quantity", "2").await;
    browser.run(leave).await;
    eventually("two are", async || total().await.contains("79,80")).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_outside_of_the_apps_is_a_page_for_people_and_json_for_programs() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.client.goto(&system.url("/nowhere")).await.unwrap();
    browser.find("h1").await;
    assert_eq!(browser.text_of("h1").await, "Página não encontrada");
    assert!(!browser.scrolls_sideways().await);
    let style = browser.run("return document.styleSheets.length").await;
    assert_eq!(style, 1);
    let answer = reqwest::get(system.url("/nowhere")).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    browser.click("a[href=\"/loja/\"]").await;
    browser.find(".add-to-cart").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_currency_and_an_impossible_date_are_shown_and_end_nothing() {
    let system = System::new();
    let _program = system.up().await;
    system.buy("4242424242424242").await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.client.goto(&system.url("/loja/")).await.unwrap();
    browser.find(".add-to-cart").await;
    browser
        .run(
            "const send = window.fetch;
            window.fetch = async (request, ...rest) => {
                const answer = await send.call(window, request, ...rest);
                if (!request.url.includes('/orders')) return answer;
                const list = await answer.json();
                list.orders[0].total.currency = 'R$';
                list.orders[0].placed_at_ms = 9e18;
                return new Response(JSON.stringify(list).replace('9000000000000000000',
                    '9000000000000000000'));
            };",
        )
        .await;
    browser.click("nav a[href=\"/loja/orders\"]").await;
    browser.find("#orders li[data-order]").await;
    assert!(browser.text_of("#orders").await.contains("39.90 R$"));
    let failed = browser.run("return document.querySelector('#boot-failed').hidden").await;
    assert_eq!(failed, true);
    browser.click("nav a[href=\"/loja/\"]").await;
    browser.find(".add-to-cart").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_none_is_asked_for_again() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "en-US").await;
    browser.client.goto(&system.url("/")).await.unwrap();
    browser.find("#status[data-state=\"known\"]").await;
    for garbage in ["{\"parts\": [null]}", "null", "[]", "{\"parts\": [{\"name\": 7}]}", "<html>"] {
        let script = format!(
            "window.send ??= window.fetch;
            window.fetch = async () => new Response({});",
            serde_json::to_string(garbage).unwrap()
        );
        browser.run(&script).await;
        browser.find("#status[data-state=\"unreachable\"]").await;
        browser.run("window.fetch = window.send").await;
        browser.find("#status[data-state=\"known\"]").await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_never_comes_says_what_to_do() {
    let system = System::without_boot_script();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    for page in ["/loja/", "/extrato/"] {
        browser.client.goto(&system.url(page)).await.unwrap();
        browser.find("#boot-late").await;
        eventually("it is shown", async || {
            browser.text_of("#boot-late").await.contains("recarregue")
        })
        .await;
    }
    browser.close().await;
}
