//! A database that is put back to an earlier state: the Bank's directory knows more, and the Bank
//! does not start.

use std::fs;
use std::path::Path;

use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use bancada_testbed::postgresql::Server;

/// Pays at a Bank on this database until it has so many more entries, and kills it.
async fn pay_and_kill(data: &Path, options: &[String], n_entries: u64) {
    let parts = Parts::new(data).with_bank(options);
    let mut bank = parts.bank();
    parts.system.is_ready_to_pay().await;
    let logs = tempfile::tempdir().unwrap();
    let load = Load::start(&parts.system.bank, logs.path(), "1h");
    parts.system.advances(n_entries).await;
    load.stop().await;
    bank.kill();
}

/// What a Bank says that does not start.
fn refusal(data: &Path, options: &[String]) -> String {
    let output = data.join("output");
    let data = data.display().to_string();
    let mut arguments = vec!["bank", "--grpc", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    arguments.extend(["--data", &data]);
    arguments.extend(options.iter().map(String::as_str));
    let mut bank = Program::start_writing(&arguments, "error", &output);
    let code = bank.wait();
    let said = fs::read_to_string(&output).unwrap();
    assert_eq!(code, Some(3), "{said}");
    said
}

/// The same database once more, as it is now; nobody may be connected to it.
fn copy_of(server: &Server, database: &str) -> String {
    let (address, name) = database.rsplit_once('/').unwrap();
    let copy = format!("{name}_of_yesterday");
    let copying = format!("CREATE DATABASE {copy} TEMPLATE {name}");
    server.connect("postgres").batch_execute(&copying).unwrap();
    format!("{address}/{copy}")
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_database_of_yesterday_is_refused_by_the_bank_that_knows_of_today() {
    let server = Server::shared();
    let today = server.new_database();
    run(async {
        let (data, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = keys.path().join("shared.key").display().to_string();
        let on =
            |database: &str| ["--postgres", database, "--vault-key-file", &key].map(str::to_owned);
        pay_and_kill(data.path(), &on(&today), 200).await;
        // A killed Bank leaves its sessions for a moment.
        let name = today.rsplit_once('/').unwrap().1.to_owned();
        let sessions = format!("SELECT 1 FROM pg_stat_activity WHERE datname = '{name}'");
        let asked = std::sync::Arc::clone(&server);
        let yesterday = tokio::task::spawn_blocking(move || {
            let mut client = asked.connect("postgres");
            while !client.query(&sessions, &[]).unwrap().is_empty() {
                std::thread::yield_now();
            }
            drop(client);
            copy_of(&asked, &format!("{}/{name}", today.rsplit_once('/').unwrap().0))
        });
        let yesterday = yesterday.await.unwrap();
        let today = yesterday.trim_end_matches("_of_yesterday").to_owned();
        pay_and_kill(data.path(), &on(&today), 200).await;

        // Today is right, and yesterday lacks what was answered since.
        let (of_today, of_yesterday) = (on(&today), on(&yesterday));
        let refused = tokio::task::spawn_blocking({
            let (data, of_yesterday) = (data.path().to_owned(), of_yesterday.clone());
            move || refusal(&data, &of_yesterday)
        });
        let said = refused.await.unwrap();
        assert!(said.contains("mark-0.bin") && said.contains("the journal ends"), "{said}");

        // Others pay on yesterday's database, more than were lost: it has another past then.
        let elsewhere = tempfile::tempdir().unwrap();
        pay_and_kill(elsewhere.path(), &of_yesterday, 600).await;
        let refused = tokio::task::spawn_blocking({
            let (data, of_yesterday) = (data.path().to_owned(), of_yesterday.clone());
            move || refusal(&data, &of_yesterday)
        });
        let said = refused.await.unwrap();
        assert!(said.contains("mark-0.bin") && said.contains("another past"), "{said}");

        // Whoever has nothing else takes yesterday for what is left, on another machine's copy.
        let accepting = tempfile::tempdir().unwrap();
        copy_files(&data.path().join("bank"), &accepting.path().join("bank"));
        let mut command = std::process::Command::new(BINARY);
        command.args(["accept-loss", "--yes", "--data"]).arg(accepting.path()).args(&of_yesterday);
        let said = Said::by_and_by(command).await;
        assert_eq!(said.code, Some(0), "{said}");
        let parts = Parts::new(accepting.path()).with_bank(&of_yesterday);
        let mut bank = parts.bank();
        parts.system.is_ready_to_pay().await;
        let mut audit = std::process::Command::new(BINARY);
        audit.args(["audit", "--bank", &parts.system.bank]);
        let audited = Said::by_and_by(audit).await;
        assert!(audited.printed.contains("accepted loss: "), "{audited}");
        bank.kill();

        // Both refusals changed nothing: with its own database the Bank goes on.
        pay_and_kill(data.path(), &of_today, 50).await;
    });
}
