//! What the Bank does with a payment after its receipt.

use fantoccini::Locator;

use crate::bank::Merchant;
use crate::browser::Browser;
use crate::program::{System, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_receipt_and_the_list_of_orders_follow_a_refund() {
    let system = System::new();
    let _program = system.up().await;
    let shop = Browser::open(360, "pt-BR").await;
    shop.fill_cart(&system.url("/loja/")).await;
    shop.fill_card("4242424242424242").await;
    shop.click("#pay-submit").await;
    shop.find("#outcome[data-status=\"paid\"]").await;
    shop.run("window.isSamePage = true").await;

    let payment = system.first_order().await["payment_id"].as_str().unwrap().to_owned();
    let bank = Merchant::of(&system, "loja").await;
    bank.refund(&payment, 1_000).await;
    shop.find("#refunded").await;
    assert!(shop.text_of("#refunded").await.contains("R$ 10,00"));
    assert!(!shop.text_of("#outcome").await.contains("Pagamento aprovado"));
    bank.refund(&payment, 2_990).await;
    shop.find("#outcome[data-status=\"refunded\"]").await;
    assert_eq!(shop.run("return window.isSamePage").await, true, "nothing was reloaded");

    shop.client.goto(&system.url("/loja/orders")).await.unwrap();
    shop.find("#orders li[data-status=\"refunded\"]").await;
    assert!(shop.text_of("#orders").await.contains("Devolvido"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_on_an_open_statement_ends_with_its_capture_and_its_release() {
    let system = System::new();
    let _program = system.up().await;
    let token = system.buy("4242424242424242").await;
    let bank = Merchant::of(&system, "hotel").await;
    let [first, second] = [bank.hold("Hotel", 5_000).await, bank.hold("Hotel", 6_000).await];
    let statement = Browser::open(1280, "pt-BR").await;
    statement.client.goto(&system.url(&format!("/extrato/cards/{token}"))).await.unwrap();
    let hold =
        |payment: &str| format!("#lines li[data-kind=\"hold\"][data-transaction=\"{payment}\"]");
    let ended = |payment: &str| format!("{}[data-ended=\"true\"]", hold(payment));
    for payment in [&first, &second] {
        statement.find(&hold(payment)).await;
        assert!(statement.text_of(&hold(payment)).await.contains("Valor reservado"));
    }
    bank.capture(&first, 4_000).await;
    statement.find(&ended(&first)).await;
    assert!(!statement.text_of(&hold(&first)).await.contains("Valor reservado"));
    bank.void(&second).await;
    statement.find(&ended(&second)).await;

    // Also where only holds are shown, and after a reload.
    statement.client.refresh().await.unwrap();
    statement.find("#kind option[value=\"hold\"]").await.click().await.unwrap();
    eventually("both are shown as ended", async || {
        let css = "#lines li[data-kind=\"hold\"][data-ended=\"true\"]";
        let all = statement.client.find_all(Locator::Css("#lines li")).await.unwrap().len();
        let ended = statement.client.find_all(Locator::Css(css)).await.unwrap().len();
        (all, ended) == (2, 2)
    })
    .await;
    statement.close().await;
}
