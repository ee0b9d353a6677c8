//! A Bank that is away while somebody pays.

use crate::browser::Browser;
use crate::program::System;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_an_answer_is_shown_as_unknown_and_then_as_paid() {
    let system = System::new();
    let bank = system.bank();
    let _shop = system.checkout().await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424242").await;
    drop(bank);
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"unknown\"], #outcome[data-status=\"paying\"]").await;
    let _bank = system.bank();
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.close().await;
}
