//! More windows of one browser than it opens connections to a server.

use crate::browser::Browser;
use crate::program::System;

const N_STATEMENTS: usize = 8;

async fn is_current(browser: &Browser) {
    browser.find("#freshness[data-freshness=\"up_to_date\"]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_statements_and_the_shop_are_open_at_once_and_follow_the_bank() {
    let system = System::new();
    let _program = system.up().await;
    let cards = ["4242424242424242", "5555555555554444"];
    let mut tokens = Vec::new();
    for number in cards {
        tokens.push(system.buy(number).await);
    }
    let browser = Browser::open(800, "pt-BR").await;
    let mut windows = Vec::new();
    for nth in 0..N_STATEMENTS {
        if nth > 0 {
            let window = browser.client.new_window(false).await.unwrap().handle;
            browser.client.switch_to_window(window).await.unwrap();
        }
        let token = &tokens[nth % tokens.len()];
        let page = system.url(&format!("/extrato/cards/{token}"));
        browser.client.goto(&page).await.unwrap();
        is_current(&browser).await;
        assert_eq!(browser.run("return document.visibilityState").await, "visible");
        windows.push(browser.client.window().await.unwrap());
    }
    let shop = browser.client.new_window(false).await.unwrap().handle;
    browser.client.switch_to_window(shop.clone()).await.unwrap();
    browser.client.goto(&system.url("/loja/")).await.unwrap();
    browser.find(".add-to-cart").await;

    // The first has the stream: the others go on without it, and still hear of everything.
    browser.client.switch_to_window(windows.remove(0)).await.unwrap();
    browser.client.close_window().await.unwrap();
    for number in cards {
        system.buy(number).await;
    }
    for window in &windows {
        browser.client.switch_to_window(window.clone()).await.unwrap();
        browser.find("#lines li.line-new[data-kind=\"purchase\"]").await;
        is_current(&browser).await;
    }
    browser.client.switch_to_window(shop).await.unwrap();
    browser.click(".add-to-cart").await;
    browser.close().await;
}
