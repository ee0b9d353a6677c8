//! A disk that is really full, under everything at once: the journal, the orders and the
//! statements share it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use futures_util::future::{join, join_all};
use serde_json::Value;
use tokio::time::timeout;

use crate::program::*;
use crate::small_disk::SmallDisk;

/// Room for everything this test writes, and little enough to be filled at once.
const DISK_BYTES: u64 = 16 * 1024 * 1024;
/// Demo cards that approve, one for each buyer, none of which the rest of the test uses.
const BUYERS: [&str; 6] = [
    "5555555555554444",
    "6362970000457013",
    "6062825624254001",
    "4024007100000040",
    "4024007100000081",
    "4024007100000024",
];

/// `bancada load` against a system, writing what it was told to another disk.
struct Load {
    child: Child,
    log: PathBuf,
    /// Holds the log.
    _folder: tempfile::TempDir,
}

impl Load {
    fn start(system: &System, duration: &str) -> Load {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("run.jsonl");
        let child = Command::new(BINARY)
            .args(["load", "--bank", &system.bank, "--duration", duration, "--seed", "1"])
            .args(["--concurrency", "32", "--cards", "20", "--log"])
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Load { child, log, _folder: folder }
    }

    /// Waits until it has been told of this many payments.
    async fn has_been_told_of(&self, n_payments: usize) {
        eventually("payments flow", async || {
            let told = std::fs::read_to_string(&self.log).unwrap_or_default();
            told.lines().count() >= n_payments
        })
        .await;
    }

    async fn finish(&mut self) {
        eventually("the load ends", async || {
            self.child.try_wait().unwrap().map(|status| assert!(status.success())).is_some()
        })
        .await;
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn admin(system: &System, path: &str) -> (u16, String) {
    let answer = system.web.get(format!("{}{path}", system.admin)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// How often each part of the process was started.
async fn generations(system: &System) -> Vec<(String, u64)> {
    let tree = system.get(&format!("{}/tree", system.admin)).await.unwrap();
    let nodes = tree["nodes"].as_array().unwrap().iter();
    let generation = |node: &Value| {
        (node["path"].as_str().unwrap().to_owned(), node["generation"].as_u64().unwrap())
    };
    nodes.map(generation).collect()
}

/// Buys with this card again and again until the shop does not take it any more; the last key,
/// and what it was told.
async fn buy_until_refused(system: &System, number: &str) -> (String, u16, Value) {
    loop {
        let key = new_key();
        let (status, answer) = system.buy(&key, number).await.unwrap();
        if status != 201 {
            return (key, status, answer);
        }
    }
}

#[test]
fn a_full_disk_loses_nothing_and_is_left_behind_without_a_restart() {
    let Some(disk) = SmallDisk::mount(DISK_BYTES) else { return };
    run(async {
        let system = System::new(disk.path());
        let program = system.up(&[]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!(order["status"], "paid");
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        let before = generations(&system).await;

        // Payments of all kinds are on their way while the room ends.
        let mut load = Load::start(&system, "3s");
        load.has_been_told_of(100).await;
        let buying = join_all(BUYERS.map(|number| buy_until_refused(&system, number)));
        let filling = async {
            disk.fill();
            eventually("the bank says that its disk is full", async || {
                let (status, text) = admin(&system, "/readyz?verbose").await;
                status == 503 && text.contains("[-] bank: the disk of the journal is full")
            })
            .await;
            // What was given back meanwhile is taken as well.
            disk.fill();
        };
        let (refused, ()) = join(timeout(PATIENCE, buying), filling).await;
        let refused = refused.expect("buyers are refused");
        for (_, status, answer) in &refused {
            match status {
                // The shop has no room to keep the order: nothing was sent to the Bank.
                503 => assert_eq!(answer["code"], "storage_full"),
                // The shop keeps it, and the outcome is not there yet.
                202 => assert!(["paying", "unknown"].iter().any(|it| answer["status"] == *it)),
                _ => panic!("{status} {answer}"),
            }
        }
        assert_eq!(system.lines(&token).await.len(), 1, "what was paid can be read");
        assert_eq!(admin(&system, "/livez").await.0, 200);
        load.finish().await;
        assert_eq!(admin(&system, "/readyz").await.0, 503, "it stays so while there is no room");

        disk.make_room();
        eventually("the system is ready again", async || admin(&system, "/readyz").await.0 == 200)
            .await;
        for ((key, ..), number) in refused.iter().zip(BUYERS) {
            eventually("a second click gets the outcome", async || {
                let (status, answer) = system.buy(key, number).await.unwrap();
                [200, 201].contains(&status) && answer["status"] == "paid"
            })
            .await;
        }
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!(order["status"], "paid");
        system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        assert_eq!(generations(&system).await, before, "nothing had to be started again");
        system.passes_audit(Some(&load.log)).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}

#[test]
fn a_start_on_a_full_disk_is_one_sentence() {
    let Some(disk) = SmallDisk::mount(DISK_BYTES) else { return };
    disk.fill();
    for n_bytes in [0, 16 * 1024, 64 * 1024] {
        disk.give_back(n_bytes);
        let mut up = Command::new(BINARY);
        up.args(["up", "--port", "0", "--grpc-port", "0", "--admin-port", "0", "--data"]);
        let output = up.arg(disk.path().join("data")).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!((output.status.code(), errors.len()), (Some(3), 1), "{said}");
        assert!(errors[0].contains("full") && errors[0].contains("make room"), "{said}");
    }
}

#[test]
fn room_that_comes_back_little_by_little_is_enough_at_some_point() {
    let Some(disk) = SmallDisk::mount(DISK_BYTES) else { return };
    run(async {
        let system = System::new(disk.path());
        let program = system.up(&[]);
        system.is_ready().await;
        let mut load = Load::start(&system, "1s");
        load.has_been_told_of(100).await;
        disk.fill();
        eventually("the bank is full", async || admin(&system, "/readyz").await.0 == 503).await;
        load.finish().await;
        let mut n_looks = 0;
        eventually("there is room again", async || {
            n_looks += 1;
            // So slowly that the Bank looks at nearly every amount of room.
            if n_looks % 6 == 0 {
                disk.give_back(4096);
            }
            admin(&system, "/readyz").await.0 == 200
        })
        .await;
        system.passes_audit(Some(&load.log)).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}
