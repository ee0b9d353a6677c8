//! Paying a bill on the statement.

use fantoccini::Locator;

use crate::browser::Browser;
use crate::program::System;

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_paid_on_the_open_statement_with_the_keyboard() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424242").await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    browser.click("#see-statement").await;
    browser.find("#lines li[data-kind=\"purchase\"]").await;
    browser.run("window.isSamePage = true").await;
    let owed = browser.find("#bill-amount").await.prop("value").await.unwrap();
    assert_eq!(owed.as_deref(), Some("39,90"), "what is owed is filled in");

    let amount = browser.find("#bill-amount").await;
    amount.clear().await.unwrap();
    amount.send_keys("nada\n").await.unwrap();
    browser.find("#bill-amount-error").await;
    let amount = browser.find("#bill-amount").await;
    amount.clear().await.unwrap();
    amount.send_keys("9,90\n").await.unwrap();
    let line = browser.find("#lines li[data-kind=\"bill_payment\"]").await;
    assert!(line.text().await.unwrap().contains("9,90"));
    let balance = browser.find("#balance").await.text().await.unwrap();
    assert!(balance.contains("30,00"), "{balance}");
    // Twice in one turn of the page is one payment.
    browser.run("const pay = document.querySelector('#pay-bill'); pay.click(); pay.click();").await;
    let paid = browser.client.wait().for_element(Locator::XPath(
        "//*[@id='lines']//li[@data-kind='bill_payment'][contains(., '30,00')]",
    ));
    paid.await.unwrap();
    let lines = browser.client.find_all(Locator::Css("#lines li[data-kind=\"bill_payment\"]"));
    assert_eq!(lines.await.unwrap().len(), 2);
    let balance = browser.find("#balance").await.text().await.unwrap();
    assert!(balance.contains("0,00"), "{balance}");
    assert_eq!(browser.run("return window.isSamePage").await, true, "nothing was reloaded");
    browser.close().await;
}
