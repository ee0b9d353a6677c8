//! Parts that crash, a process that is killed and a disk that is full, while payments flow.

use crate::load::Load;
use crate::program::*;

#[test]
fn nothing_is_lost_or_doubled_when_the_ledger_crashes_and_the_process_is_killed() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let mut program = system.up(&[]);
        system.is_ready().await;
        let load = Load::start(&system.bank, &system.data, "12s");
        system.advances(200).await;
        for crash in 1..=3 {
            let before = system.generation("bank/ledger").await;
            system.crash("bank/ledger").await;
            eventually("the ledger is back", async || {
                system.generation("bank/ledger").await > before
            })
            .await;
            system.advances(100 * crash).await;
        }
        eventually("there are snapshots", async || system.snapshots().len() == 2).await;
        program.kill();
        // The newest is of no use any more: the one before it and a longer tail are.
        std::fs::write(&system.snapshots()[0], "damaged").unwrap();
        let program = system.up(&[]);
        system.is_ready().await;
        system.advances(100).await;
        let log = load.finish().await;
        system.passes_audit(Some(&log)).await;
        assert_eq!(program.interrupt(), Some(0));
    });
}

#[test]
fn a_tree_that_gives_up_is_started_again_with_all_data() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&["--fresh", "--yes"]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        let payment = order["payment_id"].as_str().unwrap().to_owned();
        system.shows_payment(&token, &payment).await;

        // A thread that is blocked cannot be restarted, only left behind.
        let pause = format!("{}/chaos/pause/bank/ledger?for=120s", system.admin);
        assert_eq!(system.web.post(pause).send().await.unwrap().status(), 204);
        let says = async |url: &str, text: &str| {
            let answer = system.web.get(url).send().await.unwrap();
            answer.text().await.unwrap().contains(text)
        };
        let (probe, status) =
            (format!("{}/readyz?verbose", system.admin), format!("{}/api/status", system.shop));
        eventually("the probes say so", async || {
            says(&probe, "[-] bank: bank/ledger is paused").await
                && says(&status, r#""name":"bank","up":false"#).await
        })
        .await;
        // Long before the pause ends.
        eventually("another one runs", async || {
            system.node("bank/ledger").await.is_ok_and(|ledger| ledger["state"] == "running")
        })
        .await;
        system.is_ready().await;
        system.shows_payment(&token, &payment).await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        assert_eq!(order["status"], "paid");
        system.passes_audit(None).await;
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

        let load = Load::start(&system.bank, &system.data, "3s");
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

#[test]
fn an_audit_with_a_log_that_is_empty_or_cut_is_no_clean_one() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let _program = system.up(&[]);
        system.is_ready().await;
        let log = Load::start(&system.bank, &system.data, "1s").finish().await;
        system.passes_audit(Some(&log)).await;
        let whole = std::fs::read_to_string(&log).unwrap();
        let n_payments = whole.lines().count() - 1;
        let cut = system.data.join("cut.jsonl");
        for n_bytes in [whole.len() / 2, whole.trim_end().rfind('\n').unwrap()] {
            std::fs::write(&cut, &whole[..n_bytes]).unwrap();
            let said = system.audit(Some(&cut)).await;
            assert_eq!(said.code, Some(1), "{said}");
            assert!(said.printed.contains("the load log is cut"), "{said}");
            let compared = said.printed.split("payers: match ").nth(1).unwrap();
            let n_compared: usize = compared.split(',').next().unwrap().parse().unwrap();
            assert!((1..=n_payments).contains(&n_compared), "{said}");
            system.passes_audit_with(Some(&cut), &["--cut-log"]).await;
        }
        // A load that was killed, and one whose disk was wiped.
        std::fs::write(&cut, "").unwrap();
        for more in [&[][..], &["--cut-log"]] {
            let said = system.audit_with(Some(&cut), more).await;
            assert_eq!(said.code, Some(3), "{said}");
            assert!(said.logged.contains("nothing is proved"), "{said}");
        }
    });
}
