//! Delivery at least once, and documents once.

use std::sync::Arc;

use bancada_kafka::Topic;
use bancada_kernel::{EventKind, PaymentEvent};
use bancada_pipeline::Copies;
use bancada_telemetry::clock;
use serde_json::json;

use crate::panels::Span;
use crate::payments::{are_copied, bench, documents};
use crate::process::PATIENCE;
use crate::servers::Servers;
use bancada_testbed::bench::run;

pub(crate) fn delivered_twice(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(40).await;
        let events = bank.events().await;
        let span = Span { from, to: clock::now().0 };
        are_copied(servers, span, &events).await;
        bank.tree.shutdown().await;

        let before = servers.lag().await;
        bench.forget_what_was_delivered();
        let bank = bench.bank().await;
        servers.catches_up(before.n_records + events.len() as u64).await;
        are_copied(servers, span, &events).await;

        let before = servers.lag().await;
        produce_old_copy(servers, &events);
        servers.catches_up(before.n_records + 1).await;
        are_copied(servers, span, &events).await;
        bank.tree.shutdown().await;
    });
}

/// After a loss was accepted: nothing of the old past is left, and the new one is copied whole
/// although it has fewer records than were copied before.
pub(crate) fn topic_made_anew(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let lost = bench(servers);
        let bank = lost.bank().await;
        bank.pay_often(40).await;
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        bank.tree.shutdown().await;

        let (connect, elasticsearch) = (servers.connect.url(), servers.front.url());
        let copies =
            Copies::new(&connect.parse().unwrap(), &elasticsearch.parse().unwrap(), PATIENCE);
        copies.stop().await.unwrap();
        let brokers = servers.broker.address().parse().unwrap();
        Topic::payments(brokers).make_anew().await.unwrap();
        copies.begin_anew().await.unwrap();

        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(10).await;
        let events = bank.events().await;
        servers.catches_up(events.len() as u64).await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        assert_eq!(servers.lag().await.n_records, events.len() as u64);
        bank.tree.shutdown().await;
    });
}

/// Puts an older state of a payment on the topic, which does not even say that it is old.
pub(crate) fn produce_old_copy(servers: &Servers, events: &[PaymentEvent]) {
    let paid = events.iter().find(|event| event.kind == EventKind::PaymentCaptured).unwrap();
    let mut old = documents(events).remove(&paid.transaction_id.to_string()).unwrap();
    for (field, value) in [("payment_amount_minor", json!(1)), ("decided_at", json!("1970"))] {
        old[field] = value;
    }
    old["card"] = json!({ "status": "active" });
    servers.produce("card", &old.to_string());
}
