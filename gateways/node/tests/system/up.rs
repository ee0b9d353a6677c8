//! Everything in one process: from an order to the statement.

use futures_util::StreamExt as _;
use futures_util::future::join_all;

use crate::program::*;

#[test]
fn a_purchase_is_paid_and_appears_on_the_live_statement() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&[]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let url = format!("{}/api/extrato/v1/cards/{token}/stream", system.statement);
        let live = reqwest::Client::new().get(url).send().await.unwrap();
        assert_eq!(live.headers()["content-type"], "text/event-stream");

        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let key = new_key();
        let answer = system
            .web
            .post(format!("{}/api/checkout/v1/orders", system.shop))
            .header("idempotency-key", &key)
            .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))
            .json(&order("4242424242424242"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
        let order: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(order["status"], "paid");
        assert_eq!(order["id"], key.as_str());
        assert_eq!(order["card_token"], token.as_str());
        assert_eq!(order["card"]["masked"], "************4242");

        let payment = order["payment_id"].as_str().unwrap().to_owned();
        let mut stream = live.bytes_stream();
        let mut seen = String::new();
        while !seen.contains(&payment) {
            let chunk = tokio::time::timeout(PATIENCE, stream.next()).await.expect("live news");
            seen.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
        }
        assert!(seen.contains("event: line") && seen.contains("event: freshness"), "{seen}");
        let lines = system.lines(&token).await;
        assert_eq!(lines[0]["transaction_id"], payment.as_str());
        assert_eq!(lines[0]["kind"], "purchase");
        assert_eq!(lines[0]["trace_id"], trace, "one trace from the browser to the statement");

        // Who comes back with the last id is told what was missed.
        let first: u64 = lines[0]["position"].as_u64().unwrap();
        let (_, second) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        let second = second["payment_id"].as_str().unwrap().to_owned();
        let url = format!("{}/api/extrato/v1/cards/{token}/stream", system.statement);
        let again = reqwest::Client::new().get(url).header("last-event-id", first.to_string());
        let mut stream = again.send().await.unwrap().bytes_stream();
        let mut seen = String::new();
        while !seen.contains(&second) {
            let chunk = tokio::time::timeout(PATIENCE, stream.next()).await.expect("missed news");
            seen.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
        }
        assert!(!seen.contains(&payment), "what was seen is not told again");

        system.passes_audit(None).await;
        assert_eq!(program.interrupt(), Some(0), "Ctrl-C is an orderly end");
    });
}

#[test]
fn declines_say_why() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        for (number, code, reason) in [
            ("4000000000009995", "51", "insufficient_funds"),
            ("4000000000000069", "54", "expired_card"),
            ("4024007100000065", "78", "card_blocked"),
            ("4000056655665556", "14", "incorrect_number"),
        ] {
            let (status, order) = system.buy(&new_key(), number).await.unwrap();
            assert_eq!((status, &order["status"]), (201, &"declined".into()), "{order}");
            let decline = &order["decline"];
            assert_eq!((&decline["code"], &decline["reason"]), (&code.into(), &reason.into()));
            assert!(!decline["message"]["pt_br"].as_str().unwrap().is_empty());
        }
        system.passes_audit(None).await;
    });
}

#[test]
fn a_hundred_clicks_are_one_order_and_one_charge() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let key = new_key();
        let clicks = (0..100).map(|_| system.buy(&key, "4242424242424242"));
        let answers = join_all(clicks).await;
        let (_, first) = answers[0].as_ref().unwrap();
        assert_eq!(first["status"], "paid");
        for answer in &answers {
            let (status, order) = answer.as_ref().unwrap();
            assert!([200, 201].contains(status), "{status} {order}");
            assert_eq!(order, first);
        }
        let payment = first["payment_id"].as_str().unwrap();
        system.shows_payment(&token, payment).await;
        assert_eq!(system.lines(&token).await.len(), 1);
        system.passes_audit(None).await;
    });
}

#[test]
fn parallel_orders_spend_the_limit_and_not_a_cent_more() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        // Its limit is R$ 100,00; a bag of coffee is R$ 39,90.
        let token = system.knows_card("0099").await;
        let keys: Vec<_> = (0..64).map(|_| new_key()).collect();
        let orders = join_all(keys.iter().map(|key| system.buy(key, "4024007100000099"))).await;
        let statuses = orders.iter().map(|answer| answer.as_ref().unwrap().1["status"].clone());
        let paid = statuses.filter(|status| status == "paid").count();
        assert_eq!(paid, 2);
        eventually("every answer is on the statement", async || {
            system.lines(&token).await.len() == 50
        })
        .await;
        system.passes_audit(None).await;
    });
}
