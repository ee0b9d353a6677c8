//! A server that stands still while its pages are open.

use std::process::Command;

use crate::browser::Browser;
use crate::program::{Process, System};

fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill").args([name, &process.0.id().to_string()]).status().unwrap();
    assert!(sent.success(), "kill {name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still_is_said_to_be_out_of_reach_until_it_goes_on() {
    let system = System::new();
    let program = system.up().await;
    let token = system.buy("4242424242424242").await;
    let statement = Browser::open(360, "pt-BR").await;
    let cards = Browser::open(360, "pt-BR").await;
    let page = system.url(&format!("/extrato/cards/{token}"));
    statement.client.goto(&page).await.unwrap();
    cards.client.goto(&system.url("/extrato/")).await.unwrap();
    for browser in [&statement, &cards] {
        browser.find("#freshness[data-freshness=\"up_to_date\"]").await;
        browser.run("window.isSamePage = true").await;
    }
    signal(&program, "-STOP");
    for browser in [&statement, &cards] {
        browser.find("#freshness[data-freshness=\"offline\"]").await;
    }
    signal(&program, "-CONT");
    for browser in [&statement, &cards] {
        browser.find("#freshness[data-freshness=\"up_to_date\"]").await;
        assert_eq!(browser.run("return window.isSamePage").await, true, "nothing was reloaded");
    }
    statement.close().await;
    cards.close().await;
}
