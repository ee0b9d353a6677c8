//! Losses that are given up: what is left agrees, and says so ever after.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::load::Load;
use crate::program::*;
use bancada_testbed::kafka::Broker;

fn accept_loss(data: &Path, more: &[&str]) -> Said {
    let mut command = Command::new(BINARY);
    Said::by(command.arg("accept-loss").arg("--data").arg(data).args(more))
}

/// A system that took payments under load, an order at the end, and was killed. The keys of its
/// first order and its last.
async fn killed(system: &System, more: &[&str]) -> (String, String) {
    let mut program = system.up(more);
    system.is_ready().await;
    let (first, last) = (new_key(), new_key());
    system.is_ready_to_pay().await;
    let (_, order) = system.buy(&first, "4242424242424242").await.unwrap();
    assert_eq!(order["status"], "paid", "{order}");
    let load = Load::start_paced(&system.bank, &system.data, "1s", 500);
    system.advances(200).await;
    load.finish().await;
    let (_, order) = system.buy(&last, "5555555555554444").await.unwrap();
    assert_eq!(order["status"], "paid", "{order}");
    system.passes_audit(None).await;
    program.kill();
    (first, last)
}

/// Takes the newest records from a journal, as an old copy has not got them.
fn lose_the_end(journal: &Path, n_records: u32) {
    let connection = rusqlite::Connection::open(journal).unwrap();
    let newest = format!("SELECT id FROM record ORDER BY id DESC LIMIT {n_records}");
    let sql = format!("DELETE FROM record WHERE id IN ({newest})");
    assert_eq!(connection.execute(&sql, ()).unwrap(), n_records as usize);
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|it| it != "sqlite3-shm"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Runs again, all parts agree, and the audit tells of the loss.
async fn agrees(system: &System, more: &[&str]) {
    let mut program = system.up(more);
    system.is_ready().await;
    for _ in 0..2 {
        let said = system.audit(None).await;
        assert_eq!(said.code, Some(0), "{said}");
        assert!(said.printed.contains("accepted loss: "), "{said}");
        let key = new_key();
        system.is_ready_to_pay().await;
        let (_, order) = system.buy(&key, "4242424242424242").await.unwrap();
        assert_eq!(order["status"], "paid", "{order}");
    }
    // Nothing in the data directory testifies against the journal any more.
    program.kill();
    let mut program = system.up(more);
    system.is_ready().await;
    system.passes_audit(None).await;
    program.kill();
    let again = accept_loss(&system.data, &[]);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.printed.contains("nothing is lost"), "{again}");
}

#[test]
fn a_lost_end_is_said_and_given_up_and_everything_agrees_afterwards() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let system = System::new(directory.path());
        let (first, last) = killed(&system, &[]).await;
        lose_the_end(&directory.path().join("bank/journal.sqlite3"), 3);
        let mut refused = system.up(&[]);
        assert_eq!(refused.wait(), Some(3));

        let before = files(&directory.path().join("bank"));
        let said = accept_loss(directory.path(), &[]);
        assert_eq!(said.code, Some(1), "{said}");
        for words in ["events are whole", "given up: ", "R$ ", &format!("order {last}: paid")] {
            assert!(said.printed.contains(words), "{words:?}: {said}");
        }
        assert!(!said.printed.contains(&first), "{said}");
        assert!(before == files(&directory.path().join("bank")), "something was changed");
        let mut refused = system.up(&[]);
        assert_eq!(refused.wait(), Some(3));

        let done = accept_loss(directory.path(), &["--yes"]);
        assert_eq!(done.code, Some(0), "{done}");
        let mut program = system.up(&[]);
        system.is_ready().await;
        assert_eq!(system.order_status(&first).await, "paid");
        assert_eq!(system.order_status(&last).await, "cancelled");
        let audited = system.audit(None).await;
        let lost =
            audited.printed.lines().find(|line| line.starts_with("accepted loss: ")).unwrap();
        let said_before =
            said.printed.lines().find_map(|line| line.trim().strip_prefix("given up: ")).unwrap();
        let n_events = said_before.split(' ').next().unwrap();
        assert!(lost.starts_with(&format!("accepted loss: {n_events} events, R$ ")), "{lost}");
        program.kill();
        agrees(&system, &[]).await;
    });
}

#[test]
fn a_journal_that_is_missing_is_given_up_as_a_whole() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let system = System::new(directory.path());
        let (first, _) = killed(&system, &[]).await;
        for file in ["journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"] {
            let _ = fs::remove_file(directory.path().join("bank").join(file));
        }
        let done = accept_loss(directory.path(), &["--yes"]);
        assert_eq!(done.code, Some(0), "{done}");
        assert!(done.printed.contains("0 events are whole"), "{done}");
        let mut program = system.up(&[]);
        system.is_ready().await;
        assert_eq!(system.order_status(&first).await, "cancelled");
        program.kill();
        agrees(&system, &[]).await;
    });
}

#[test]
fn an_acceptance_that_was_cut_off_is_finished_before_a_bank_starts() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let system = System::new(directory.path());
        killed(&system, &[]).await;
        let bank = directory.path().join("bank");
        lose_the_end(&bank.join("journal.sqlite3"), 2);
        let older: Vec<_> =
            ["checkout", "extrato"].map(|it| files(&directory.path().join(it))).into();
        let mark = fs::read(bank.join("mark-0.bin")).unwrap();
        let done = accept_loss(directory.path(), &["--yes"]);
        assert_eq!(done.code, Some(0), "{done}");
        // The journal has its new generation, and the process ended right then.
        for (path, content) in older.into_iter().flatten() {
            fs::write(path, content).unwrap();
        }
        fs::write(bank.join("mark-0.bin"), mark).unwrap();
        fs::write(bank.join("accept-loss.begun"), "").unwrap();
        let mut refused = system.up(&[]);
        assert_eq!(refused.wait(), Some(3));
        let finished = accept_loss(directory.path(), &["--yes"]);
        assert_eq!(finished.code, Some(0), "{finished}");
        let mut program = system.up(&[]);
        system.is_ready().await;
        let audited = system.audit(None).await;
        assert!(audited.printed.contains("(1 times)"), "{audited}");
        program.kill();
        agrees(&system, &[]).await;
    });
}

#[test]
fn a_topic_that_knows_what_is_given_up_is_made_anew() {
    let broker = Broker::start();
    run(async {
        let directory = tempfile::tempdir().unwrap();
        let mut system = System::new(directory.path());
        let address = broker.address();
        system.kafka = Some(address.clone());
        killed(&system, &["--kafka", &address]).await;
        lose_the_end(&directory.path().join("bank/journal.sqlite3"), 3);
        let unnamed = accept_loss(directory.path(), &["--yes"]);
        assert_eq!(unnamed.code, Some(3), "{unnamed}");
        assert!(unnamed.logged.contains("--kafka"), "{unnamed}");
        let done = accept_loss(directory.path(), &["--yes", "--kafka", &address]);
        assert_eq!(done.code, Some(0), "{done}");
        agrees(&system, &["--kafka", &address]).await;
    });
}
