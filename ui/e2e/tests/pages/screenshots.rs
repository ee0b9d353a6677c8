//! Every page at phone and desktop width: nothing is wider than the window, axe finds nothing, and
//! a picture of each is kept for people to look at, in `target/screenshots`.

use crate::axe::lets_everybody_in;
use crate::browser::Browser;
use crate::program::{System, pictures};

async fn keep(browser: &Browser, name: &str, width: u32) {
    assert!(!browser.scrolls_sideways().await, "{name} at {width} px scrolls sideways");
    lets_everybody_in(browser, &format!("{name} at {width} px")).await;
    let picture = browser.client.screenshot().await.unwrap();
    std::fs::write(pictures().join(format!("{name}-{width}.png")), picture).unwrap();
}

async fn every_page(width: u32) {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(width, "pt-BR").await;
    browser.client.goto(&system.url("/loja/orders")).await.unwrap();
    browser.find("h1").await;
    keep(&browser, "orders-empty", width).await;
    browser.client.goto(&system.url("/")).await.unwrap();
    browser.find("#status[data-state=\"known\"]").await;
    keep(&browser, "landing", width).await;
    browser.client.goto(&system.url("/loja/")).await.unwrap();
    browser.find(".add-to-cart").await;
    keep(&browser, "catalogue", width).await;
    browser.client.goto(&system.url("/loja/products/violao-de-estudo")).await.unwrap();
    browser.find(".add-to-cart").await;
    keep(&browser, "product", width).await;
    browser.client.goto(&system.url("/loja/cart")).await.unwrap();
    browser.find("h1").await;
    keep(&browser, "cart-empty", width).await;
    browser.fill_cart(&system.url("/loja/")).await;
    keep(&browser, "pay", width).await;
    browser.click("#pay-submit").await;
    browser.find("#pay-form [aria-invalid=\"true\"]").await;
    keep(&browser, "pay-refused", width).await;
    browser.fill_card("4000000000009995").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"declined\"]").await;
    keep(&browser, "declined", width).await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.client.goto(&system.url("/loja/cart")).await.unwrap();
    browser.find(".go-to-pay").await;
    keep(&browser, "cart", width).await;
    browser.click(".go-to-pay").await;
    browser.fill_card("4242424242424242").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    keep(&browser, "receipt", width).await;
    browser.client.goto(&system.url("/loja/orders")).await.unwrap();
    browser.find("#orders li[data-order]").await;
    keep(&browser, "orders", width).await;
    browser.client.goto(&system.url("/loja/nowhere")).await.unwrap();
    browser.find("h1").await;
    keep(&browser, "not-found", width).await;
    browser.client.goto(&system.url("/extrato/")).await.unwrap();
    let card = browser.find("#cards li[data-card]").await;
    keep(&browser, "cards", width).await;
    let token = card.attr("data-card").await.unwrap().unwrap();
    let orders = reqwest::get(system.url("/api/checkout/v1/orders")).await.unwrap();
    let orders: serde_json::Value = orders.json().await.unwrap();
    let paid = orders["orders"][0]["card_token"].as_str().unwrap_or(&token).to_owned();
    browser.client.goto(&system.url(&format!("/extrato/cards/{paid}"))).await.unwrap();
    browser.find("#lines li[data-kind=\"purchase\"]").await;
    keep(&browser, "statement", width).await;
    browser.write("#bill-amount", "1.000").await;
    browser.click("#pay-bill").await;
    browser.find("#more-than-owed").await;
    keep(&browser, "statement-more-than-owed", width).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_phone() {
    every_page(360).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_desktop() {
    every_page(1280).await;
}
