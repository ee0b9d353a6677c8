//! Buying without a mouse.

use fantoccini::key::Key;

use crate::browser::Browser;
use crate::program::System;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_be_paid_with_the_keyboard_alone() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(1280, "en-US").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.write("#card-number", "4242424242424242").await;
    let tab = String::from(char::from(Key::Tab));
    let mut field = browser.find("#card-number").await;
    for text in ["Ana Teste", "12/35", "123"] {
        field.send_keys(&tab).await.unwrap();
        field = browser.client.active_element().await.unwrap();
        field.send_keys(text).await.unwrap();
    }
    field.send_keys(&String::from(char::from(Key::Enter))).await.unwrap();
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.close().await;
}
