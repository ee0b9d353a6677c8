//! An order that nobody can ask about any more.

use crate::browser::Browser;
use crate::program::System;

/// The shop's answers about orders, as after 7 days without the Bank.
const AFTER_SEVEN_DAYS: &str = "
    const send = window.fetch;
    window.fetch = async (request, ...rest) => {
        const answer = await send.call(window, request, ...rest);
        if (!request.url.includes('/orders')) return answer;
        const order = await answer.json();
        return new Response(JSON.stringify({ ...order, status: 'unknown', is_given_up: true }));
    };";

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_stays_unknown_lets_its_browser_go_when_its_buyer_says_so() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424242").await;
    browser.run(AFTER_SEVEN_DAYS).await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"unknown\"]").await;
    assert!(browser.text_of("#outcome").await.contains("Veja no extrato"));
    browser.click("#let-go").await;
    browser.click(".go-to-pay").await;
    browser.find("#pay-form").await;
    browser.close().await;
}
