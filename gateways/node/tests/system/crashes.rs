//! Parts that crash, a process that is killed and a disk that is full, while payments flow.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::program::*;

/// `bancada load` against a system, writing what it was told.
struct Load {
    child: Child,
    log: PathBuf,
}

impl Load {
    fn start(system: &System, duration: &str) -> Load {
        let log = system.data.join("run.jsonl");
        let child = Command::new(BINARY)
            .args(["load", "--bank", &system.bank, "--duration", duration, "--seed", "1"])
            .args(["--concurrency", "32", "--cards", "20", "--log"])
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Load { child, log }
    }

    async fn finish(mut self) -> PathBuf {
        let log = self.log.clone();
        let status = tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap();
        assert!(status.success(), "the load itself went through");
        log
    }
}

/// How many entries are durable.
async fn position(system: &System) -> u64 {
    let text = match system.web.get(format!("{}/metrics", system.admin)).send().await {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(_) => return 0,
    };
    let line = text.lines().find(|line| line.starts_with("bancada_journal_position "));
    line.and_then(|line| line.rsplit(' ').next()).and_then(|it| it.parse().ok()).unwrap_or(0)
}

async fn advances(system: &System, by: u64) {
    let before = position(system).await;
    eventually("payments flow", async || position(system).await >= before + by).await;
}

#[test]
fn nothing_is_lost_or_doubled_when_the_ledger_crashes_and_the_process_is_killed() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let mut program = system.up(&[]);
        system.is_ready().await;
        let load = Load::start(&system, "12s");
        advances(&system, 200).await;
        for crash in 1..=3 {
            let before = system.generation("bank/ledger").await;
            system.crash("bank/ledger").await;
            eventually("the ledger is back", async || {
                system.generation("bank/ledger").await > before
            })
            .await;
            advances(&system, 100 * crash).await;
        }
        program.kill();
        let program = system.up(&[]);
        system.is_ready().await;
        advances(&system, 100).await;
        let log = load.finish().await;
        system.passes_audit(Some(&log)).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}

#[test]
fn a_full_journal_refuses_payments_and_takes_them_again_when_there_is_room() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&["--journal-max-bytes", "600000"]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!(order["status"], "paid");

        let load = Load::start(&system, "3s");
        eventually("the journal is full", async || {
            let ready = system.web.get(format!("{}/readyz?verbose", system.admin)).send().await;
            ready.unwrap().text().await.unwrap().contains("disk of the journal is full")
        })
        .await;
        let key = new_key();
        let (status, order) = system.buy(&key, "4242424242424242").await.unwrap();
        assert_eq!(status, 202, "the shop keeps the order: {order}");
        // What was paid can still be read.
        assert_eq!(system.lines(&token).await.len(), 1);
        // The load's payments that were refused stay unknown to it, and were not charged.
        let log = load.finish().await;
        assert_eq!(program.interrupt(), Some(0));

        let _program = system.up(&[]);
        system.is_ready().await;
        eventually("the order is resolved", async || {
            ["paid", "declined"].contains(&system.order_status(&key).await.as_str())
        })
        .await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!(order["status"], "paid");
        system.passes_audit(Some(&log)).await;
    });
}
