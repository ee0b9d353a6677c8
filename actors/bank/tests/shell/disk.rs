//! A disk that is full, and one that is broken.

use bancada_bank::BankError;
use futures_util::future::join_all;

use crate::running_bank::*;
use bancada_testbed::Disk;

#[test]
fn a_full_disk_refuses_payments_and_recovers() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.pay("before", 100).await.unwrap();
        running.journal.set_disk(Disk::Full);
        let keys: Vec<_> = (0..20).map(|n| format!("k{n}")).collect();
        for answer in join_all(keys.iter().map(|key| running.pay(key, 10))).await {
            let error = answer.unwrap_err();
            assert!(matches!(error, BankError::StorageFull | BankError::Unavailable), "{error}");
        }
        assert!(running.bank.is_full());
        assert_eq!(running.pay("later", 1).await, Err(BankError::StorageFull));
        // What is durable can still be read, and shows nothing of what was refused.
        let card = running.bank.find_card(token()).await.unwrap().unwrap();
        assert_eq!(card.balance.minor, 100);

        running.journal.set_disk(Disk::Well);
        eventually("!running.bank.is_full()", async || !running.bank.is_full()).await;
        assert!(is_approved(&running.pay_until_known("k0", 10).await));
        let ledger = running.stop_and_check().await;
        assert_eq!(ledger.card(&token()).unwrap().balance.minor, 110);
    });
}

#[test]
fn a_broken_disk_acknowledges_nothing_and_ends_the_process() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Broken);
        assert_eq!(running.pay("k", 1).await, Err(BankError::UnknownOutcome));
        assert!(running.world.lost.lock().unwrap().is_some(), "the process is told to end");
        // Until it ends, nothing else is accepted, even if the disk seems well again: what a
        // failed sync left behind is not known.
        running.journal.set_disk(Disk::Well);
        assert_eq!(running.pay("k2", 1).await, Err(BankError::Unavailable));
        running.stop_and_check().await;
    });
}
