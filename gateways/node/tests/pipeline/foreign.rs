//! Records from outside, which the Bank cannot have written, and an operator's way out.

use std::process::Stdio;
use std::sync::Arc;

use bancada_kernel::EventKind;
use bancada_telemetry::clock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::panels::Span;
use crate::payments::{are_copied, bench, documents};
use crate::servers::{Servers, eventually};
use bancada_testbed::bench::run;

/// Longer than Elasticsearch takes for an id: it refuses everything that comes with it.
fn too_long() -> String {
    let id = "x".repeat(600);
    json!({ "transaction_id": id, "position": 1, "card": { "status": "active" } }).to_string()
}

/// Whatever a header says, the document is as of the position that its event tells.
pub(crate) fn header_positions(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(10).await;
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        let paid = events.iter().find(|event| event.kind == EventKind::PaymentCaptured).unwrap();
        let mut old = documents(&events).remove(&paid.transaction_id.to_string()).unwrap();
        old["card"] = json!({ "status": "active" });
        let last = i64::MAX.to_string();
        for position in ["abc", last.as_str()] {
            old["store"] = json!(position);
            servers.produce_with("card", &old.to_string(), &[("position", position)]);
        }
        bank.pay_often(10).await;
        servers.catches_up(0).await;
        are_copied(servers, Span { from, to: clock::now().0 }, &bank.events().await).await;
        bank.tree.shutdown().await;
    });
}

/// The watcher names the place, and puts aside what the Bank cannot have written.
pub(crate) fn stuck_by_a_foreign_record(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        let n_dead = servers.look().await.dead_letters.n_records;
        bank.pay_often(10).await;
        servers.produce("card_of_nobody", &too_long());
        bank.pay_often(10).await;
        stands_still(servers).await;

        let mut watch =
            servers.pipeline_command(&["watch", "--every", "1s", "--stalled-after", "8s"]);
        let watch = watch.stdout(Stdio::piped()).spawn().unwrap();
        servers.catches_up(0).await;
        kill_process(Pid::from_child(&watch), Signal::INT).unwrap();
        let output = watch.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        for words in
            ["started again twice, and get no further than ", "put aside as dead letters: "]
        {
            assert!(said.contains(words), "{said:?}");
        }
        are_copied(servers, Span { from, to: clock::now().0 }, &bank.events().await).await;
        let (status, code) = servers.status();
        assert_eq!(code, Some(0), "{status:#}");
        let n_now = status["dead_letters"]["n_records"].as_u64();
        assert!(n_now > Some(n_dead), "{status:#}");
        bank.tree.shutdown().await;
    });
}

/// The same by hand, without a watcher: status says where, and the command goes past it.
pub(crate) fn put_aside_by_hand(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        bank.pay_often(10).await;
        servers.produce("card_of_nobody", &too_long());
        let standing = stands_still(servers).await;
        let foreign = standing.as_array().unwrap().iter().find(|it| !it["foreign"].is_null());
        let foreign = foreign.expect("it is told which record it may be");
        let place = format!("{}/{}", foreign["partition"], foreign["foreign"]);
        let output = servers.pipeline(&["set-aside", &place]);
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&format!("put aside as dead letters: {place}")), "{said}{errors}");
        bank.pay_often(10).await;
        are_copied(servers, Span { from, to: clock::now().0 }, &bank.events().await).await;
        let (status, code) = servers.status();
        assert_eq!(code, Some(0), "{status:#}");
        let again = servers.pipeline(&["set-aside", &place]);
        assert_eq!(again.status.code(), Some(3), "it does not wait any more");
        bank.tree.shutdown().await;
    });
}

/// Waits until status says so; the places.
async fn stands_still(servers: &Servers) -> Value {
    let mut standing = Value::Null;
    eventually("status says that it stands still", async || {
        let output = servers.pipeline(&["status", "--output", "json", "--moves-within", "4s"]);
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        standing = status["standing"].clone();
        let mut places = standing.as_array().into_iter().flatten();
        let is_named = places.any(|it| !it["foreign"].is_null());
        let is_told = output.status.code() == Some(1) && is_named;
        is_told.then_some(()).ok_or_else(|| status.to_string())
    })
    .await;
    standing
}
