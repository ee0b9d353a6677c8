//! Paying a bill on the statement.

use fantoccini::Locator;

use crate::browser::Browser;
use crate::program::{System, eventually};

/// From now on answers about bills do not arrive, although what was asked for happens.
const LOSE_ANSWERS: &str = "
    const send = window.fetch;
    window.findAnswers = () => { window.fetch = send; };
    window.fetch = async (request, ...rest) => {
        const answer = await send.call(window, request, ...rest);
        if (request.url.includes('/bill-payments')) throw new TypeError('lost');
        return answer;
    };";
/// The same, and a server in between says that it is busy.
const ANSWER_BUSY: &str = "
    const send = window.fetch;
    window.findAnswers = () => { window.fetch = send; };
    window.fetch = async (request, ...rest) => {
        const answer = await send.call(window, request, ...rest);
        if (!request.url.includes('/bill-payments')) return answer;
        const problem = { type: 'about:blank', title: 'Busy', status: 503, detail: 'Later.',
            code: 'busy' };
        return new Response(JSON.stringify(problem), { status: 503 });
    };";
/// Nothing about bills is sent until `letGo()`.
const HOLD_BACK: &str = "
    const send = window.fetch;
    const wait = new Promise((resolve) => { window.letGo = resolve; });
    window.fetch = async (request, ...rest) => {
        if (request.url.includes('/bill-payments')) await wait;
        return send.call(window, request, ...rest);
    };";

/// The statement of a card that owes R$ 39,90.
async fn open_statement(system: &System, browser: &Browser, number: &str) -> String {
    let token = system.buy(number).await;
    browser.client.goto(&system.url(&format!("/extrato/cards/{token}"))).await.unwrap();
    browser.find("#lines li[data-kind=\"purchase\"]").await;
    token
}

async fn pay(browser: &Browser, amount: &str) {
    browser.write("#bill-amount", amount).await;
    browser.click("#pay-bill").await;
}

async fn has_paid(system: &System, token: &str, expected: &[i64]) {
    eventually(&format!("{expected:?} are paid"), async || {
        system.bills_paid(token).await == expected
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_repeated_by_its_own_key_whatever_was_paid_since() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    for lose in [LOSE_ANSWERS, ANSWER_BUSY] {
        let other = system.buy("5555555555554444").await;
        let token = open_statement(&system, &browser, "4242424242424242").await;
        let n_before = system.bills_paid(&token).await.len();
        browser.run(lose).await;
        pay(&browser, "10,00").await;
        browser.find(".note-error").await;
        let expected = vec![1_000; n_before + 1];
        has_paid(&system, &token, &expected).await;

        // Another card is paid in another tab.
        let first = browser.client.window().await.unwrap();
        let second = browser.client.new_window(true).await.unwrap().handle;
        browser.client.switch_to_window(second).await.unwrap();
        let url = system.url(&format!("/extrato/cards/{other}"));
        browser.client.goto(&url).await.unwrap();
        pay(&browser, "10,00").await;
        has_paid(&system, &other, &expected).await;
        browser.client.close_window().await.unwrap();
        browser.client.switch_to_window(first).await.unwrap();

        browser.run("findAnswers()").await;
        pay(&browser, "10,00").await;
        browser.find("#bill-payments p").await;
        eventually("it is said", async || {
            browser.text_of("#bill-payments").await.contains("Nada foi pago duas vezes")
        })
        .await;
        has_paid(&system, &token, &expected).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_again_on_purpose_is_paid_again() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    let token = open_statement(&system, &browser, "4242424242424242").await;
    browser.run(LOSE_ANSWERS).await;
    pay(&browser, "10,00").await;
    browser.find(".note-error").await;
    has_paid(&system, &token, &[1_000]).await;
    // The payment is on the page that is loaded now: the attempt has its answer.
    browser.client.refresh().await.unwrap();
    eventually("it is said", async || {
        browser.text_of("#bill-payments").await.contains("Nada foi pago duas vezes")
    })
    .await;
    pay(&browser, "10,00").await;
    has_paid(&system, &token, &[1_000, 1_000]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_while_a_payment_is_sent_does_not_offer_a_second_one() {
    let system = System::new();
    let _program = system.up().await;
    let browser = Browser::open(360, "pt-BR").await;
    let token = open_statement(&system, &browser, "4242424242424242").await;
    browser.run(HOLD_BACK).await;
    pay(&browser, "10,00").await;
    browser.find("#pay-bill:disabled").await;
    let typed = "
        const field = document.querySelector('#bill-amount');
        field.value = '20,00';
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return document.querySelector('#pay-bill').disabled;";
    assert_eq!(browser.run(typed).await, true);
    browser.run("letGo()").await;
    browser.find("#pay-bill:enabled").await;
    has_paid(&system, &token, &[1_000]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_may_be_meant_otherwise_is_asked_about() {
    let system = System::new();
    let _program = system.up().await;
    for (language, ambiguous, large) in
        [("pt-BR", ["0,500", "10,001"], "10.000"), ("en-US", ["0.500", "10.001"], "10,000")]
    {
        let browser = Browser::open(360, language).await;
        let token = open_statement(&system, &browser, "4242424242424242").await;
        for text in ambiguous {
            pay(&browser, text).await;
            browser.find("#bill-amount-error").await;
        }
        pay(&browser, large).await;
        browser.find("#more-than-owed").await;
        // Enter once more is no consent.
        browser.find("#bill-amount").await.send_keys("\n").await.unwrap();
        assert_eq!(system.bills_paid(&token).await, Vec::<i64>::new(), "{language}");
        if language == "en-US" {
            browser.click("#pay-more").await;
            has_paid(&system, &token, &[1_000_000]).await;
        }
        browser.close().await;
    }
}

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
