//! Servers of the pipeline that are killed while payments flow.

use std::cell::Cell;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bancada_telemetry::clock;
use rustix::process::{Pid, Signal, kill_process};

use crate::panels::Span;
use crate::payments::{are_copied, bench};
use crate::servers::{Servers, eventually};
use bancada_testbed::bench::{RunningBank, run};

/// Between payments, so that the end of a fault does not find thousands of them.
const BREATH: Duration = Duration::from_millis(50);
/// Records that are on their way whenever something is killed.
const UNDERWAY: u64 = 40;

pub(crate) fn connect_killed(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        paying_while(&bank, async {
            for _ in 0..2 {
                servers.goes_on_by(UNDERWAY).await;
                servers.connect.kill();
                servers.falls_behind_by(UNDERWAY).await;
                blocking(servers, |servers| servers.connect.start_again()).await;
            }
            servers.goes_on_by(UNDERWAY).await;
        })
        .await;
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        bank.tree.shutdown().await;
    });
}

pub(crate) fn elasticsearch_away(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        let n_dead = servers.look().await.dead_letters.n_records;
        paying_while(&bank, async {
            servers.goes_on_by(UNDERWAY).await;
            servers.elasticsearch.kill();
            servers.falls_behind_by(10 * UNDERWAY).await;
            let tasks = servers.tasks().await;
            let mut states = tasks.as_array().unwrap().iter().map(|task| &task["state"]);
            assert!(states.all(|state| state == "RUNNING"), "they try again: {tasks:#}");
            blocking(servers, |servers| servers.elasticsearch.start_again()).await;
            servers.goes_on_by(UNDERWAY).await;
        })
        .await;
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        let status = servers.look().await;
        assert!(status.is_well(), "{status:?}");
        assert_eq!(status.dead_letters.n_records, n_dead, "{status:?}");
        bank.tree.shutdown().await;
    });
}

/// They take it for an older one, and do not understand that it has written: they ask again, and
/// are told that a document of this version is there.
pub(crate) fn tasks_started_without_elasticsearch(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        servers.elasticsearch.kill();
        servers.connect.kill();
        bank.pay_often(40).await;
        servers.falls_behind_by(UNDERWAY).await;
        blocking(servers, |servers| servers.connect.start_again()).await;
        // Each says so once, as it begins.
        eventually("the tasks were started", async || {
            let n_started =
                servers.connect.said().matches("Failed to get ES server version").count();
            (n_started >= 2).then_some(()).ok_or_else(|| n_started.to_string())
        })
        .await;
        blocking(servers, |servers| servers.elasticsearch.start_again()).await;
        servers.catches_up(0).await;
        bank.pay_often(10).await;
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        servers.catches_up(0).await;
        bank.tree.shutdown().await;
    });
}

/// Kafka Connect takes them for well. What they had asked for may still be done afterwards.
pub(crate) fn tasks_stand_still(servers: &Arc<Servers>) {
    servers.applied();
    run(async {
        let from = clock::now().0;
        let bench = bench(servers);
        let bank = bench.bank().await;
        servers.front.leave_unanswered(2);
        bank.pay_often(40).await;
        servers.falls_behind_by(1).await;
        let options = ["watch", "--every", "1s", "--stalled-after", "8s"];
        let mut watch = servers.pipeline_command(&options);
        let watch = watch.stdout(Stdio::piped()).spawn().unwrap();
        let events = bank.events().await;
        are_copied(servers, Span { from, to: clock::now().0 }, &events).await;
        kill_process(Pid::from_child(&watch), Signal::INT).unwrap();
        let output = watch.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("tasks stood still with"), "{said:?}");
        assert!(output.status.success(), "{said}");
        bank.tree.shutdown().await;
    });
}

/// Pays for as long as something else takes, and waits for the last payment: one that is still on
/// its way would become a document that nobody counted.
async fn paying_while(bank: &RunningBank, other: impl Future<Output = ()>) {
    let is_over = Cell::new(false);
    let paying = async {
        while !is_over.get() {
            bank.pay_often(2).await;
            tokio::time::sleep(BREATH).await;
        }
    };
    let other = async {
        other.await;
        is_over.set(true);
    };
    tokio::join!(paying, other);
}

/// Does something that takes a while, and lets the payments go on.
async fn blocking(servers: &Arc<Servers>, what: fn(&Servers)) {
    let servers = Arc::clone(servers);
    tokio::task::spawn_blocking(move || what(&servers)).await.unwrap();
}

impl Servers {
    /// Waits until so many more records were copied.
    async fn goes_on_by(&self, n_records: u64) {
        let before = self.lag().await;
        let copied = before.n_records - before.n_behind;
        eventually("records are copied", async || {
            let lag = self.lag().await;
            let is_enough = lag.n_records - lag.n_behind >= copied + n_records;
            is_enough.then_some(()).ok_or_else(|| format!("from {copied}: {lag:?}"))
        })
        .await;
    }

    /// Waits until so many records wait.
    async fn falls_behind_by(&self, n_records: u64) {
        eventually("records wait", async || {
            let lag = self.lag().await;
            (lag.n_behind >= n_records).then_some(()).ok_or_else(|| format!("{lag:?}"))
        })
        .await;
    }
}
