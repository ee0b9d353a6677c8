//! Every part is killed while payments flow; then everybody's knowledge is compared.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::running::{Place, Running, bancada, eventually_blocking, is_alive};

/// In the order in which they are killed.
const PARTS: [&str; 7] =
    ["kafka", "connect", "elasticsearch", "extrato", "checkout", "bank", "postgresql"];
/// Payments that are made between two faults.
const N_BETWEEN: u64 = 300;

pub(crate) fn every_part_killed() {
    let place = Place::new();
    let mut platform = Running::until(&mut place.command(&[]), "Press Ctrl-C to stop.");
    let buyer = Buyer::new(&place);
    let log = place.folder.path().join("load.jsonl");
    let mut load = load(&place, &log);
    for part in PARTS.into_iter().chain(["kafka"]) {
        buyer.wait_for_payments(N_BETWEEN);
        let before = place.process(part);
        place.kill(part);
        eventually_blocking(part, || place.process(part).is_some_and(|now| Some(now) != before));
        eventually_blocking("an order is paid", || buyer.buys());
    }
    buyer.wait_for_payments(N_BETWEEN);
    assert!(load.interrupt().success());
    audit(&place, &log);
    assert!(platform.interrupt().success());
    assert!(place.is_quiet(), "something still listens");

    // Nothing was only in memory.
    let platform = Running::until(&mut place.command(&[]), "Press Ctrl-C to stop.");
    eventually_blocking("an order is paid", || buyer.buys());
    audit(&place, &log);

    // A platform that is killed leaves nobody behind.
    let processes: Vec<_> = PARTS.iter().filter_map(|part| place.process(part)).collect();
    assert_eq!(processes.len(), PARTS.len());
    drop(platform);
    eventually_blocking("all parts have ended", || !processes.iter().any(|part| is_alive(*part)));
    assert!(place.is_quiet(), "something still listens");
}

fn load(place: &Place, log: &std::path::Path) -> Running {
    let mut load = bancada();
    load.args(["load", "--bank", &place.url(place.grpc), "--duration", "10m"]);
    load.args(["--concurrency", "8", "--rate", "300", "--resolve-within", "120s", "--log"]);
    Running(load.arg(log).stdout(Stdio::null()).spawn().unwrap())
}

/// All five places, and what payers were told.
fn audit(place: &Place, log: &std::path::Path) {
    let pages = place.url(place.pages);
    let mut audit = bancada();
    audit.args(["audit", "--output", "json", "--catch-up-within", "180s", "--load-log"]).arg(log);
    audit.args(["--bank", &place.url(place.grpc), "--checkout", &pages, "--extrato", &pages]);
    audit.args(["--kafka", &format!("127.0.0.1:{}", place.kafka)]);
    audit.args(["--elasticsearch", &place.url(place.elasticsearch)]);
    let verdict = said(&mut audit);
    let counts = ["lost", "duplicate", "mismatch", "overspent"].map(|it| verdict[it].as_u64());
    assert_eq!(counts, [Some(0); 4], "{verdict:#}");
    let places = verdict["comparisons"].as_array().unwrap();
    let names: Vec<_> = places.iter().map(|place| place["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["payers", "checkout", "kafka", "extrato", "elasticsearch"]);
    for place in places {
        assert!(place["matched"].as_u64().unwrap() >= 8, "{place:#}");
        assert_eq!(place["bank_minor"], place["other_minor"], "{place:#}");
    }
}

/// What it prints as JSON, whether it ends well or not.
fn said(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
}

/// Somebody in the shop.
struct Buyer {
    runtime: tokio::runtime::Runtime,
    web: reqwest::Client,
    orders: String,
    metrics: String,
}

impl Buyer {
    fn new(place: &Place) -> Buyer {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Buyer {
            runtime: runtime.enable_all().build().unwrap(),
            web: reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap(),
            orders: format!("{}/api/checkout/v1/orders", place.url(place.pages)),
            metrics: format!("{}/metrics", place.url(place.admin)),
        }
    }

    /// Whether an order is paid at once, with a new key.
    fn buys(&self) -> bool {
        static N_ORDERS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = N_ORDERS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let key = format!("00000000-0000-4000-8000-{number:012}");
        let order = json!({
            "items": [{ "slug": "cafe-em-graos", "quantity": 1 }],
            "card": {
                "number": "4242424242424242", "holder": "Ana Teste",
                "expiry_month": 12, "expiry_year": 2035, "cvv": "123",
            },
        });
        let request = self.web.post(&self.orders).header("idempotency-key", key).json(&order);
        self.runtime.block_on(async {
            let Ok(answer) = request.send().await else { return false };
            let answer: Value = answer.json().await.unwrap_or_default();
            answer["status"] == "paid"
        })
    }

    /// Waits until so many more entries are durable.
    fn wait_for_payments(&self, n: u64) {
        let position = || {
            let text = self.runtime.block_on(async {
                let answer = self.web.get(&self.metrics).send().await.ok()?;
                answer.text().await.ok()
            })?;
            let line = text.lines().find_map(|it| it.strip_prefix("bancada_journal_position "))?;
            line.trim().parse::<u64>().ok()
        };
        let mut first = None;
        eventually_blocking("payments flow", || {
            let now = position();
            first = first.or(now);
            now.zip(first).is_some_and(|(now, first)| now >= first + n)
        });
    }
}
