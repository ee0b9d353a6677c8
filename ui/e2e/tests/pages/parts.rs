//! Paying in parts, and paying a part.

use crate::browser::Browser;
use crate::program::{System, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_part_is_told_and_a_payment_lowers_what_the_fatura_asks() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(1280, "pt-BR").await;
    browser.fill_cart(&system.url("/loja/")).await;
    browser.fill_card("4242424242424242").await;
    let option = "#installments option[value=\"4\"]";
    let plan = "1x R$ 9,99 + 3x R$ 9,97";
    let plain = |text: String| text.replace('\u{a0}', " ");
    assert_eq!(plain(browser.text_of(option).await), plan);
    browser.click(option).await;
    browser.click("#pay-submit").await;
    browser.find("#outcome[data-status=\"paid\"]").await;
    assert_eq!(plain(browser.text_of("#installment-plan").await), plan);

    browser.click("#see-statement").await;
    browser.find("#lines li[data-kind=\"purchase\"] .plan").await;
    assert_eq!(plain(browser.text_of("#lines .plan").await), plan);
    assert_eq!(plain(browser.text_of("#fatura").await), "R$ 39,90");
    browser.write("#bill-amount", "10,00").await;
    browser.click("#pay-bill").await;
    browser.find("#lines li[data-kind=\"bill_payment\"]").await;
    eventually("the fatura asks for less", async || {
        plain(browser.text_of("#fatura").await) == "R$ 29,90"
    })
    .await;
    browser.close().await;
}
