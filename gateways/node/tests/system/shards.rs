//! A Bank of several shards, from outside: nothing is different.

use std::process::Command;

use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::kafka::Broker;

/// Cards that approve.
const CARDS: [&str; 4] =
    ["4242424242424242", "5555555555554444", "6362970000457013", "6062825624254001"];

#[test]
fn a_bank_of_three_shards_loses_and_doubles_nothing_when_it_is_killed() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let options = ["--shards", "3", "--snapshot-every", "300"];
        let mut program = system.up(&options);
        system.is_ready().await;
        let load = Load::start(&system.bank, &system.data, "8s");
        for card in CARDS {
            let (status, order) = system.buy(&new_key(), card).await.unwrap();
            assert_eq!((status, order["status"].as_str()), (201, Some("paid")), "{order}");
            let token = system.knows_card(&card[12..]).await;
            system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
        }
        system.advances(200).await;
        system.crash("bank/shard-1/ledger").await;
        system.advances(200).await;
        system.crash("bank/shard-2/journal").await;
        system.advances(200).await;
        program.kill();
        let program = system.up(&options);
        let log = load.finish().await;
        system.is_ready().await;
        system.passes_audit(Some(&log)).await;
        assert_eq!(program.interrupt(), Some(0));

        // Where cards are must not change.
        let output = Command::new(BINARY)
            .args(["bank", "--shards", "2", "--data"])
            .arg(data.path())
            .args(["--grpc", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success());
        assert!(said.contains("has 3 shards, not 2") && said.contains("--shards 3"), "{said}");
    });
}

#[test]
fn through_kafka_the_statement_follows_every_shard() {
    let broker = Broker::start();
    run(async {
        let data = tempfile::tempdir().unwrap();
        let parts = Parts::new(data.path())
            .with_bank(&["--shards".to_owned(), "2".to_owned()])
            .through_kafka(&broker.address());
        let system = &parts.system;
        let mut bank = parts.bank();
        let extrato = parts.extrato();
        let checkout = parts.checkout();
        system.is_ready().await;
        let load = Load::start(&system.bank, &system.data, "5s");
        system.advances(300).await;
        bank.kill();
        let bank = parts.bank();
        let log = load.finish().await;
        system.passes_audit(Some(&log)).await;
        for program in [bank, extrato, checkout] {
            assert_eq!(program.interrupt(), Some(0));
        }
    });
}
