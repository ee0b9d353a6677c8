//! The Bank's journal in PostgreSQL: a Bank that is lost with its disk, and one that is replaced.

use std::process::Command;

use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use crate::server::Server;

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
