//! What Elasticsearch does not take: records that are no events, and everything for a while.

use std::sync::Arc;

use bancada_pipeline::Outcome;
use bancada_telemetry::clock;
use serde_json::{Value, json};

use crate::panels::Span;
use crate::payments::{are_copied, bench};
use crate::servers::{Servers, eventually};
use bancada_testbed::bench::run;

pub(crate) fn put_aside(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(10).await;
        let mut n_dead = servers.look().await.dead_letters.n_records;
        let id = clock::uuid().to_string();
        for (value, reason) in [
            (told(json!({ "transaction_id": id, "loyalty_points": 3 })), "strict_dynamic"),
            (
                told(json!({ "transaction_id": id, "payment_amount_minor": "a lot" })),
                "amount_minor",
            ),
            (told(json!({ "status": "approved" })), "document id"),
            (told(json!({ "transaction_id": id, "position": "abc" })), "abc"),
            // Not even the shape of the Bank's.
            (json!({ "transaction_id": id, "position": 1 }).to_string(), "Map"),
            ("{\"transaction_id\":".to_owned(), "serialization error"),
        ] {
            servers.produce("card_of_nobody", &value);
            n_dead += 1;
            eventually("it is put aside", async || {
                let dead = servers.look().await.dead_letters;
                let is_there = dead.n_records == n_dead;
                let said = dead.last_reason.clone().unwrap_or_default();
                let is_told = is_there && said.contains(reason);
                is_told.then_some(()).ok_or_else(|| format!("{reason}: {dead:?}"))
            })
            .await;
        }
        bank.pay_often(10).await;
        let span = Span { from, to: clock::now().0 };
        are_copied(servers, span, &bank.events().await).await;
        assert_eq!(servers.document(&id).await, Value::Null);
        let status = servers.look().await;
        assert!(status.is_well(), "{status:?}");
        bank.tree.shutdown().await;
    });
}

/// With the card and the position that all of the Bank's have.
fn told(mut value: Value) -> String {
    value["card"] = json!({ "status": "active" });
    if value["position"].is_null() {
        value["position"] = json!(1);
    }
    value.to_string()
}

/// As Elasticsearch does by itself when its disk is nearly full.
pub(crate) fn blocked_index(servers: &Arc<Servers>) {
    servers.applied();
    let mut span = Span { from: 0, to: 0 };
    run(async {
        span.from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(10).await;
        are_copied(servers, Span { to: clock::now().0, ..span }, &bank.events().await).await;

        servers.block_writes(true).await;
        bank.pay_often(10).await;
        eventually("a task fails", async || {
            let status = servers.look().await;
            let error = status.connector.as_ref().and_then(|it| it.last_error.clone());
            let says = |text: Option<String>, words| text.is_some_and(|text| text.contains(words));
            let is_told = says(error, "Indexing record failed")
                && says(status.dead_letters.last_reason.clone(), "blocked by");
            (is_told && !status.is_well()).then_some(()).ok_or_else(|| format!("{status:?}"))
        })
        .await;
        let (_, code) = servers.status();
        assert_eq!(code, Some(1));

        // What is started again while nothing is taken yet fails again, one task after the other.
        let n_dead = servers.look().await.dead_letters.n_records;
        let mut outcomes = Vec::new();
        let addresses = servers.addresses();
        let applied = |it: &bancada_pipeline::Applied| outcomes.push((it.what, it.outcome));
        let apply = bancada_pipeline::apply(&addresses, applied);
        let unblock = async {
            eventually("a task fails again", async || {
                let dead = servers.look().await.dead_letters;
                (dead.n_records > n_dead).then_some(()).ok_or_else(|| format!("{dead:?}"))
            })
            .await;
            servers.block_writes(false).await;
        };
        tokio::join!(apply, unblock).0.unwrap();
        assert!(outcomes.contains(&("connector", Outcome::Restarted)), "{outcomes:?}");
        are_copied(servers, Span { to: clock::now().0, ..span }, &bank.events().await).await;
        bank.tree.shutdown().await;
    });
}
