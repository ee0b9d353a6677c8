//! What is made anew of the Bank's past, and an audit that finds whatever differs.

use std::sync::Arc;

use bancada_kafka::{Topic, TopicPast};
use bancada_telemetry::clock;
use serde_json::{Value, json};

use crate::panels::Span;
use crate::payments::{are_copied, bench, documents};
use crate::servers::Servers;
use bancada_testbed::bench::run;

pub(crate) fn index_refilled(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(40).await;
        let events = bank.events().await;
        let span = Span { from, to: clock::now().0 };
        are_copied(servers, span, &events).await;
        servers.catches_up(0).await;

        let url = format!("{}/payments", servers.front.url());
        servers.web.delete(url).send().await.unwrap().error_for_status().unwrap();
        servers.applied();
        let (status, code) = servers.status();
        assert_eq!(code, Some(1), "documents are missing: {status:#}");

        let (bank_url, elasticsearch) = (bench.url(), servers.front.url());
        let arguments =
            ["pipeline", "refill", "--bank", &bank_url, "--elasticsearch", &elasticsearch];
        let output = servers.bancada(&arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}{:?}", output.stderr);
        let n_documents = documents(&events).len();
        assert!(said.contains(&format!("{n_documents} documents written")), "{said}");
        are_copied(servers, span, &events).await;
        // Again, it finds nothing to do.
        let output = servers.bancada(&arguments);
        assert!(String::from_utf8_lossy(&output.stdout).contains(", 0 documents written"));
        bank.tree.shutdown().await;
    });
}

pub(crate) fn past_republished(servers: &Arc<Servers>) {
    run(async {
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(20).await;
        let events = bank.events().await;
        let name = format!("past-{}", clock::uuid());
        let (bank_url, brokers) = (bench.url(), servers.broker.address());
        let arguments =
            ["pipeline", "republish", "--bank", &bank_url, "--kafka", &brokers, "--topic", &name];
        let output = servers.bancada(&arguments);
        assert_eq!(output.status.code(), Some(0), "{:?}", String::from_utf8_lossy(&output.stderr));
        let mut past = TopicPast::new(Topic::named(brokers.parse().unwrap(), &name));
        let mut found = Vec::new();
        loop {
            let records = past.read_on().await.unwrap();
            if records.is_empty() {
                break;
            }
            found.extend(records.iter().map(|record| record.event().unwrap()));
        }
        found.sort_by_key(|event| event.position);
        assert_eq!(found, events);
        bank.tree.shutdown().await;
    });
}

/// Each field of a document that Elasticsearch itself has is changed alone, and found.
pub(crate) fn every_field_is_audited(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        // The index has documents of other Banks: only this one's are left.
        let url = format!("{}/payments", servers.front.url());
        servers.web.delete(&url).send().await.unwrap().error_for_status().unwrap();
        servers.applied();
        bank.pay_often(10).await;
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        servers.catches_up(0).await;
        assert_eq!(audited(servers, &bench.url()), (Some(0), String::new()));

        let (id, document) = documents(&events).into_iter().next().unwrap();
        let mut version = i64::MAX / 2;
        for (name, value) in document.as_object().unwrap() {
            let mut changed = document.clone();
            changed[name] = match value {
                Value::Number(number) => json!(number.as_i64().unwrap() + 1),
                _ if name.ends_with("_date") || name == "occurred_at" => {
                    json!("2001-01-01T00:00:00.000Z")
                }
                text => json!(format!("{}0", text.as_str().unwrap())),
            };
            version += 1;
            put(servers, &id, &changed, version).await;
            let (code, examples) = audited(servers, &bench.url());
            assert_eq!(code, Some(1), "{name}: {examples}");
            // With another of these it is another payment, or of another time.
            let is_named =
                examples.contains(name) || ["transaction_id", "position"].contains(&name.as_str());
            assert!(is_named, "{name}: {examples}");
        }
        put(servers, "5", &json!({ "transaction_id": "5" }), 1).await;
        let (code, examples) = audited(servers, &bench.url());
        assert_eq!(code, Some(1));
        assert!(examples.contains("document 5 is of no payment"), "{examples}");
        servers.web.delete(&url).send().await.unwrap().error_for_status().unwrap();
        servers.applied();
        bank.tree.shutdown().await;
    });
}

async fn put(servers: &Servers, id: &str, document: &Value, version: i64) {
    let url = format!(
        "{}/payments/_doc/{id}?version={version}&version_type=external",
        servers.front.url()
    );
    servers.web.put(url).json(document).send().await.unwrap().error_for_status().unwrap();
}

/// The exit code, and what does not match.
fn audited(servers: &Servers, bank: &str) -> (Option<i32>, String) {
    let elasticsearch = servers.front.url();
    let output = servers.bancada(&[
        "audit",
        "--bank",
        bank,
        "--elasticsearch",
        &elasticsearch,
        "--catch-up-within",
        "0s",
        "--output",
        "json",
    ]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    let examples = verdict["comparisons"][0]["examples"].as_array().unwrap();
    let examples: Vec<_> = examples.iter().map(|it| it.as_str().unwrap()).collect();
    (output.status.code(), examples.join("; "))
}
