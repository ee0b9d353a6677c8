//! Bills that are paid on the statement, whatever is down meanwhile.

use serde_json::{Value, json};

use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::kafka::Broker;

/// Pays toward a card's bill; the status and the body.
async fn pay(system: &System, token: &str, key: &str, minor: i64) -> reqwest::Result<(u16, Value)> {
    let url = format!("{}/api/extrato/v1/cards/{token}/bill-payments", system.statement);
    let body = json!({ "amount": { "amount_minor": minor, "currency": "BRL" } });
    let answer = system.web.post(url).header("idempotency-key", key).json(&body).send().await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

/// The status of a payment of a bill, as the statement lists it.
async fn status(system: &System, token: &str, key: &str) -> String {
    let url = format!("{}/api/extrato/v1/cards/{token}/bill-payments", system.statement);
    let Ok(list) = system.get(&url).await else { return "the statement is away".to_owned() };
    let payments = list["payments"].as_array().unwrap();
    let found = payments.iter().find(|payment| payment["id"] == key);
    found.map_or("unknown".to_owned(), |it| it["status"].as_str().unwrap().to_owned())
}

async fn balance(system: &System, token: &str) -> i64 {
    let url = format!("{}/api/extrato/v1/cards/{token}/statement", system.statement);
    let statement = system.get(&url).await.unwrap();
    statement["card"]["balance"]["amount_minor"].as_i64().unwrap()
}

/// Amounts of the lines that are payments of bills, the latest first.
async fn paid(system: &System, token: &str) -> Vec<i64> {
    let lines = system.lines(token).await;
    let paid = lines.iter().filter(|line| line["kind"] == "bill_payment");
    paid.map(|line| line["amount"]["amount_minor"].as_i64().unwrap()).collect()
}

#[test]
fn a_bill_is_paid_once_for_each_key() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        let owed = balance(&system, &token).await;
        assert!(owed > 1_000);

        let key = new_key();
        let (code, payment) = pay(&system, &token, &key, 1_000).await.unwrap();
        assert!([200, 202].contains(&code), "{payment}");
        eventually("it is booked", async || status(&system, &token, &key).await == "paid").await;
        assert_eq!(balance(&system, &token).await, owed - 1_000);
        // The same UUID in other letters is the same key.
        let (code, again) = pay(&system, &token, &key.to_uppercase(), 1_000).await.unwrap();
        assert_eq!((code, &again["status"], &again["id"]), (200, &json!("paid"), &json!(key)));
        let (code, problem) = pay(&system, &token, &key, 999).await.unwrap();
        assert_eq!((code, &problem["code"]), (409, &json!("idempotency_key_reused")));
        for (token, key, minor, expected) in [
            (token.as_str(), new_key(), 0, (422, "amount_not_positive")),
            ("card_nobody", new_key(), 5, (404, "card_unknown")),
            (&token, "no-uuid".to_owned(), 5, (400, "idempotency_key_invalid")),
        ] {
            let (code, problem) = pay(&system, token, &key, minor).await.unwrap();
            assert_eq!((code, problem["code"].as_str().unwrap()), expected);
        }
        assert_eq!(paid(&system, &token).await, [1_000]);
        system.passes_audit(None).await;
    });
}

/// The bill is asked for while the Bank is down, the statement is killed, and both come back.
async fn survives_everything(parts: &Parts) {
    let system = &parts.system;
    let mut bank = parts.bank();
    let mut extrato = parts.extrato();
    system.is_ready_to_pay().await;
    let token = system.knows_card("4242").await;
    bank.kill();
    let key = new_key();
    let (code, payment) = pay(system, &token, &key, 700).await.unwrap();
    assert_eq!((code, &payment["status"]), (202, &json!("pending")), "shown as what it is");
    extrato.kill();
    let _bank = parts.bank();
    let _extrato = parts.extrato();
    eventually("it is booked", async || status(system, &token, &key).await == "paid").await;
    assert_eq!(paid(system, &token).await, [700]);
    assert_eq!(balance(system, &token).await, -700, "more than is owed is a credit");
    let (code, _) = pay(system, &token, &key, 700).await.unwrap();
    assert_eq!((code, balance(system, &token).await), (200, -700));
}

#[test]
fn a_bill_that_is_paid_while_the_bank_is_away_is_booked_when_it_is_back() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        survives_everything(&Parts::new(data.path())).await;
    });
}

#[test]
fn through_kafka_a_bill_is_paid_once_whatever_is_killed() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).through_kafka(&broker.address());
        survives_everything(&parts).await;
    });
}
