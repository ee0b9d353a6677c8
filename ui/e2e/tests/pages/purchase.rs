//! From the catalogue to the statement.

use fantoccini::Locator;

use crate::browser::Browser;
use crate::program::{System, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_appears_on_the_open_statement_without_reloading() {
    let system = System::new();
    let _program = system.up().await;
    let shop = Browser::open(1280, "pt-BR").await;
    let statement = Browser::open(1280, "pt-BR").await;

    shop.fill_cart(&system.url("/loja/")).await;
    shop.click(".use-card[data-number=\"4242424242424242\"]").await;
    statement.client.goto(&system.url("/extrato/")).await.unwrap();
    let card = statement
        .client
        .wait()
        .for_element(Locator::XPath("//li[@data-card][contains(., '4242')]//a"));
    card.await.unwrap().click().await.unwrap();
    statement.find("#freshness[data-freshness=\"up_to_date\"]").await;
    statement.run("window.isSamePage = true").await;

    shop.click("#pay-submit").await;
    shop.find("#outcome[data-status=\"paid\"]").await;
    let line = statement.find("#lines li[data-kind=\"purchase\"]").await;
    assert!(line.text().await.unwrap().contains("39,90"), "money is written as in Brazil");
    assert_eq!(statement.run("return window.isSamePage").await, true, "nothing was reloaded");

    // The receipt leads to the statement of the card that paid.
    shop.click("#see-statement").await;
    shop.find("#lines li[data-kind=\"purchase\"]").await;
    shop.close().await;
    statement.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_says_why_and_another_card_can_pay() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "en-US").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.click(".use-card[data-number=\"4000000000009995\"]").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"declined\"]").await;
    browser.find("#decline[data-reason=\"insufficient_funds\"]").await;
    browser.click(".try-another-card").await;
    browser.fill_card("5555 5555 5555 4444").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_and_a_reload_are_one_order() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(1280, "en-US").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424242").await;
    // Twice in one turn of the page, and gone before the answer can be there.
    let script = "const pay = document.querySelector('#pay-submit'); pay.click(); pay.click();";
    browser.run(script).await;
    browser.client.refresh().await.unwrap();
    browser.client.goto(&system.url("/loja/orders")).await.unwrap();
    browser.find("#orders li[data-order]").await;
    let count =
        browser.client.find_all(Locator::Css("#orders li[data-order]")).await.unwrap().len();
    assert_eq!(count, 1);
    eventually("it is paid", async || {
        browser.client.refresh().await.unwrap();
        browser.find("#orders li[data-order]").await.attr("data-status").await.unwrap().as_deref()
            == Some("paid")
    })
    .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_card_number_is_said_before_anything_is_sent() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "en-US").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424241").await;
    browser.click("#pay-submit").await;
    let error = browser.find("#card-number-error").await;
    assert!(!error.text().await.unwrap().is_empty());
    let orders = reqwest::get(system.url("/api/checkout/v1/orders")).await.unwrap();
    assert!(orders.text().await.unwrap().contains("\"orders\":[]"));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_refuses_site_data_buys_and_reads_all_the_same() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open_without_site_data(360, "pt-BR").await;
    browser.client.goto(&system.url("/loja/")).await.unwrap();
    let asked = "try { return String(window.localStorage) } catch (error) { return error.name }";
    assert_eq!(browser.run(asked).await, "SecurityError");
    browser.click(".add-to-cart[data-slug=\"cafe-em-graos\"]").await;
    browser.click("a[href=\"/loja/cart\"]").await;
    browser.click(".go-to-pay").await;
    browser.find("#pay-form").await;
    browser.fill_card("4242424242424242").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.client.refresh().await.unwrap();
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.click("#see-statement").await;
    browser.find("#lines li[data-kind=\"purchase\"]").await;
    browser.client.refresh().await.unwrap();
    browser.find("#lines li[data-kind=\"purchase\"]").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_have_one_cart_and_pay_for_it_once() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(1280, "pt-BR").await;
    let url = system.url("/loja/");
    browser.client.goto(&url).await.unwrap();
    browser.find(".add-to-cart").await;
    let first = browser.client.window().await.unwrap();
    let second = browser.client.new_window(true).await.unwrap().handle;
    let in_cart = async || {
        let cart = "return JSON.parse(localStorage.getItem('bancada.cart')).lines.map(
            (line) => line.slug + '*' + line.quantity).sort().join(',')";
        browser.run(cart).await.as_str().unwrap().to_owned()
    };
    browser.client.switch_to_window(second.clone()).await.unwrap();
    browser.client.goto(&url).await.unwrap();
    browser.click(".add-to-cart[data-slug=\"cafe-em-graos\"]").await;

    // The first tab adds to what the second one has put in, and pays for both.
    browser.client.switch_to_window(first.clone()).await.unwrap();
    browser.click(".add-to-cart[data-slug=\"violao-de-estudo\"]").await;
    eventually("both are in it", async || in_cart().await == "cafe-em-graos*1,violao-de-estudo*1")
        .await;
    browser.click("a[href=\"/loja/cart\"]").await;
    browser.click(".go-to-pay").await;
    browser.find("#pay-form").await;

    // Meanwhile the second one wants another bag.
    browser.client.switch_to_window(second.clone()).await.unwrap();
    browser.click(".add-to-cart[data-slug=\"cafe-em-graos\"]").await;
    browser.client.switch_to_window(first).await.unwrap();
    browser.fill_card("4242424242424242").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    eventually("what was bought is gone", async || in_cart().await == "cafe-em-graos*1").await;

    // It is the cart of the second one as well: what was bought is not bought again.
    browser.client.switch_to_window(second).await.unwrap();
    browser.click("a[href=\"/loja/cart\"]").await;
    browser.find(".go-to-pay").await;
    let text = browser.text_of("main").await;
    assert!(text.contains("Café") && !text.contains("Violão"), "{text}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_read_however_it_was_pasted_and_the_bank_says_whether_it_has_expired() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242.4242\u{2013}4242\u{200b} 4242").await;
    browser.write("#card-expiry", "2020-01").await;
    let warning = browser.find("#expiry-warning").await;
    assert!(warning.text().await.unwrap().contains("quem decide é o banco"));
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"declined\"]").await;
    browser.find("#decline[data-reason=\"expired_card\"]").await;
    browser.click(".try-another-card").await;
    browser.fill_card("4242.4242.4242.4242").await;
    browser.write("#card-expiry", "2035-12").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.close().await;
}
