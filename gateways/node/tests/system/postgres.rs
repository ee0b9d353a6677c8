//! The services in PostgreSQL: a Bank that is lost with its disk, one that is replaced, and a
//! database that ends under everybody.

use std::process::Command;
use std::sync::Arc;

use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::kafka::Broker;
use bancada_testbed::postgresql::Pooler;
use bancada_testbed::postgresql::Server;

#[test]
fn a_bank_that_lost_its_disk_goes_on_from_the_database() {
    let server = Server::shared();
    let database = server.new_database();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let key = data.path().join("shared.key").display().to_string();
        let on = ["--postgres", &database, "--vault-key-file", &key].map(str::to_owned);
        let parts = Parts::new(data.path()).with_bank(&on);
        let system = &parts.system;
        let mut bank = parts.bank();
        let (_checkout, _extrato) = (parts.checkout(), parts.extrato());
        system.is_ready().await;
        let load = Load::start(&system.bank, data.path(), "1h");
        system.advances(200).await;
        bank.kill();
        std::fs::remove_dir_all(data.path().join("bank")).unwrap();
        let _bank = parts.bank();
        system.is_ready().await;
        system.advances(200).await;
        let log = load.stop().await;
        system.passes_audit(Some(&log)).await;
    });
}

#[test]
fn a_bank_that_is_replaced_ends_and_one_with_another_key_does_not_start() {
    let server = Server::shared();
    let database = server.new_database();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let key = data.path().join("shared.key").display().to_string();
        let on = ["--postgres", &database, "--vault-key-file", &key].map(str::to_owned);
        let first = Parts::new(data.path()).with_bank(&on);
        let mut old = first.bank();
        first.system.is_ready_to_pay().await;
        let load = Load::start(&first.system.bank, data.path(), "1h");
        first.system.advances(100).await;

        let elsewhere = tempfile::tempdir().unwrap();
        let second = Parts::new(elsewhere.path()).with_bank(&on);
        let new = second.bank();
        second.system.is_ready_to_pay().await;
        let code = tokio::task::spawn_blocking(move || old.wait()).await.unwrap();
        assert_eq!(code, Some(74), "its journal is no longer its own");
        drop(load);
        assert_eq!(new.interrupt(), Some(0));

        let output = tokio::task::spawn_blocking(move || {
            let stranger = tempfile::tempdir().unwrap();
            let mut bank = Command::new(BINARY);
            bank.args(["bank", "--grpc", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
            bank.arg("--data").arg(stranger.path()).args(["--postgres", &database]);
            bank.output().unwrap()
        });
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("another vault key"), "{said}");
    });
}

/// Repeats an order until the shop knows what became of it.
async fn buys(system: &System) -> String {
    let (key, mut outcome) = (new_key(), String::new());
    eventually("the order has an outcome", async || {
        let Ok((200 | 201, order)) = system.buy(&key, "4242424242424242").await else {
            return false;
        };
        order["status"].as_str().unwrap().clone_into(&mut outcome);
        ["paid", "declined"].contains(&outcome.as_str())
    })
    .await;
    outcome
}

#[test]
fn a_database_that_ends_under_all_services_is_no_loss() {
    let server = Arc::new(Server::start());
    let database = server.new_database();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).on_database(&database);
        let system = &parts.system;
        let mut bank = parts.bank();
        let (checkout, extrato) = (parts.checkout(), parts.extrato());
        system.is_ready().await;
        assert_eq!(buys(system).await, "paid");
        let load = Load::start(&system.bank, data.path(), "1h");
        system.advances(200).await;

        let restart = async {
            let first = Arc::clone(&server);
            tokio::task::spawn_blocking(move || first.kill()).await.unwrap();
            // What was on its way to the journal is known to the next bank that reads it.
            let code = tokio::task::spawn_blocking(move || bank.wait()).await.unwrap();
            assert_eq!(code, Some(74), "its journal cannot be written");
            // It is away for longer than anybody waits.
            eventually("nobody can read", async || {
                let cards = format!("{}/api/extrato/v1/cards", system.statement);
                let orders = format!("{}/api/checkout/v1/orders", system.shop);
                system.get(&cards).await.is_err() && system.get(&orders).await.is_err()
            })
            .await;
            let again = Arc::clone(&server);
            tokio::task::spawn_blocking(move || again.start_again()).await.unwrap();
            let bank = parts.bank();
            system.is_ready().await;
            bank
        };
        let buyers = async { tokio::join!(buys(system), buys(system), buys(system), buys(system)) };
        let (bank, _) = tokio::join!(restart, buyers);
        assert_eq!(buys(system).await, "paid");
        system.advances(200).await;
        let log = load.stop().await;
        system.passes_audit(Some(&log)).await;
        // Nobody gave up meanwhile: these are the processes that were started first.
        for program in [extrato, checkout, bank] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}

/// Ends all sessions of ours, as a server does that is told to; how many there were.
fn cut(server: &Server, database: &str) -> usize {
    let cut = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
               WHERE application_name = 'bancada' AND datname = current_database()";
    server.connect(database.rsplit('/').next().unwrap()).query(cut, &[]).unwrap().len()
}

#[test]
fn sessions_that_end_while_nobody_pays_are_no_payers_trouble() {
    let server = Server::shared();
    let database = server.new_database();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).on_database(&database);
        let system = &parts.system;
        let bank = parts.bank();
        let (checkout, extrato) = (parts.checkout(), parts.extrato());
        system.is_ready().await;
        let cut = async || {
            let (server, database) = (Arc::clone(&server), database.clone());
            tokio::task::spawn_blocking(move || cut(&server, &database)).await.unwrap()
        };
        let epoch = async || {
            let (server, database) = (Arc::clone(&server), database.clone());
            let ask = move || {
                let mut client = server.connect(database.rsplit('/').next().unwrap());
                let epoch = client.query_one("SELECT epoch FROM bancada.journal_epoch", &[]);
                epoch.unwrap().get::<_, i64>(0)
            };
            tokio::task::spawn_blocking(ask).await.unwrap()
        };
        assert_eq!(buys(system).await, "paid");
        let before = epoch().await;
        assert!(cut().await > 1);
        eventually("the bank connects although nobody pays", async || epoch().await > before).await;
        for _ in 0..3 {
            let (status, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
            assert_eq!((status, order["status"].as_str()), (201, Some("paid")), "{order}");
            // Whoever pays next may come before anybody has noticed.
            assert!(cut().await > 1);
        }
        let (status, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!((status, order["status"].as_str()), (201, Some("paid")), "{order}");
        system.passes_audit(None).await;
        for program in [extrato, checkout, bank] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}

#[test]
fn behind_a_pooler_everything_works_if_it_keeps_sessions_and_nothing_starts_otherwise() {
    let server = Server::shared();
    let database = server.new_database();
    let [keeps, gives] = ["session", "transaction"].map(|mode| Pooler::start(&database, mode));
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).on_database(&keeps.before(&database));
        let programs = [parts.bank(), parts.checkout(), parts.extrato()];
        parts.system.is_ready().await;
        assert_eq!(buys(&parts.system).await, "paid");
        parts.system.passes_audit(None).await;
        for program in programs {
            assert_eq!(program.interrupt(), Some(0));
        }

        let elsewhere = tempfile::tempdir().unwrap();
        let gives = gives.before(&database);
        for part in ["bank", "checkout", "extrato"] {
            let mut command = Command::new(BINARY);
            let door = if part == "bank" { "--grpc" } else { "--http" };
            command.args([part, door, "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
            command.arg("--data").arg(elsewhere.path()).args(["--postgres", &gives]);
            let run = tokio::task::spawn_blocking(move || command.output().unwrap());
            let output = run.await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(3), "{part}: {said}");
            assert!(said.contains("a pooler in transaction mode"), "{part}: {said}");
        }
    });
}

#[test]
fn of_four_statements_one_follows_and_each_loss_finds_another() {
    let (server, broker) = (Server::shared(), Broker::start());
    let database = server.new_database();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path()).through_kafka(&broker.address());
        let mut parts = parts.on_database(&database);
        let (bank, checkout) = (parts.bank(), parts.checkout());
        let mut following = parts.extrato();
        parts.system.is_ready().await;
        let load = Load::start(&parts.system.bank, data.path(), "1h");
        parts.system.advances(200).await;
        let others = ["b", "c", "d"].map(|name| parts.another_extrato(&data.path().join(name)));
        let mut others = Vec::from(others);
        while !others.is_empty() {
            parts.system.advances(200).await;
            following.kill();
            let mut next = None;
            eventually("another one follows", async || {
                for (number, (_, url)) in others.iter().enumerate() {
                    let cards = parts.system.get(&format!("{url}/api/extrato/v1/cards")).await;
                    if cards.is_ok() {
                        next = Some(number);
                    }
                }
                next.is_some()
            })
            .await;
            (following, parts.system.statement) = others.remove(next.unwrap());
        }
        parts.system.advances(200).await;
        let log = load.stop().await;
        parts.system.passes_audit(Some(&log)).await;
        for program in [following, checkout, bank] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}

#[test]
fn data_in_a_file_is_not_passed_over_for_a_database() {
    for (part, file) in [("checkout", "orders.sqlite3"), ("extrato", "statement.sqlite3")] {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join(part)).unwrap();
        std::fs::write(data.path().join(part).join(file), "").unwrap();
        let mut command = Command::new(BINARY);
        command.args([part, "--http", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        command.arg("--data").arg(data.path());
        let output = command.args(["--postgres", "postgresql://me@127.0.0.1:1/x"]).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(file) && said.contains("--postgres"), "{said}");
    }
}
