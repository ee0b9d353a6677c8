//! A statement on which hundreds of lines a second arrive.

use fantoccini::Locator;
use serde_json::Value;

use crate::browser::Browser;
use crate::program::{System, eventually};

/// Counts the frames, and how often the list changed.
const COUNT: &str = "
    window.nFrames = 0;
    window.nChanges = 0;
    const frame = () => { window.nFrames += 1; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    const changed = () => { window.nChanges += 1; };
    const lines = document.querySelector('#lines');
    new MutationObserver(changed).observe(lines, { childList: true });";

async fn number(browser: &Browser, expression: &str) -> u64 {
    browser.run(&format!("return {expression}")).await.as_u64().expect("a number")
}

async fn n_lines(browser: &Browser) -> u64 {
    number(browser, "document.querySelectorAll('#lines > li').length").await
}

/// The card that `bancada load` pays with.
async fn card_under_load(system: &System) -> String {
    let mut found = None;
    eventually("the load's card is on the statement", async || {
        let url = system.url("/api/extrato/v1/cards?limit=200");
        let list: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
        let cards = list["cards"].as_array().expect("cards");
        let used = |card: &&Value| card["balance"]["amount_minor"].as_i64() > Some(0);
        found = cards.iter().find(used).map(|card| card["token"].as_str().unwrap().to_owned());
        found.is_some()
    })
    .await;
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_under_load_stays_small_and_changes_once_a_frame() {
    let system = System::new();
    let _program = system.up().await;
    let _load = system.load(1, 300);
    let token = card_under_load(&system).await;
    let browser = Browser::open_sized(800, 600, "pt-BR").await;
    browser.client.goto(&system.url(&format!("/extrato/cards/{token}"))).await.unwrap();
    browser.find("#lines li.line-new").await;
    browser.run(COUNT).await;
    eventually("the list has changed often", async || {
        number(&browser, "window.nChanges").await >= 100
    })
    .await;
    let changes_and_frames = browser.run("return [window.nChanges, window.nFrames]").await;
    let [changes, frames] = [0, 1].map(|nth| changes_and_frames[nth].as_u64().unwrap());
    assert!(changes <= frames + 2, "{changes} changes in {frames} frames");
    assert!(n_lines(&browser).await <= 100);
    let n_nodes = number(&browser, "document.querySelectorAll('#lines *').length").await;
    assert!(n_nodes < 1_500, "{n_nodes}");

    // The reader goes down the list, which stands still then, and says how much is new.
    let first = "document.querySelector('#lines > li').dataset.position";
    browser.run("window.scrollTo(0, document.querySelector('#lines').offsetTop + 800)").await;
    let new = browser.find("#new-lines").await;
    let shown = browser.run(&format!("return {first}")).await;
    let said = new.text().await.unwrap();
    eventually("more lines wait", async || browser.text_of("#new-lines").await != said).await;
    assert_eq!(browser.run(&format!("return {first}")).await, shown, "the list does not move");
    // The keyboard's way: a click hits what lies where the button was.
    new.send_keys("\u{e007}").await.unwrap();
    eventually("the newest are shown", async || {
        browser.run(&format!("return {first}")).await != shown
    })
    .await;
    assert_eq!(browser.run("return document.activeElement.id").await, "lines-beginning");

    // What the reader asks for comes, while lines arrive all the time.
    browser.client.execute("window.scrollTo(0, 0)", vec![]).await.unwrap();
    browser.write("#search", "no such store").await;
    browser.find("[role=status] .empty").await;
    assert!(browser.client.find(Locator::Css("#lines li")).await.is_err());
    browser.close().await;
}
