//! Actors and threads that crash while money moves.

use std::cell::Cell;
use std::time::Duration;

use bancada_bank::BankError;
use bancada_bank::ledger::PaymentStatus;
use bancada_kernel::DeclineReason;
use futures_util::future::{join, join_all};

use crate::running_bank::*;
use bancada_testbed::Disk;

/// A little rest between two payments of a payer, so that the journals stay small.
const PACE: Duration = Duration::from_millis(2);

/// Pays, 30 at once, for as long as `disturb` runs; every payment must end known, and the
/// journal must hold each key once.
async fn pay_through(running: RunningBank, disturb: impl AsyncFnOnce(&RunningBank)) {
    let is_over = Cell::new(false);
    let payers = join_all((0..30).map(|payer| {
        let (running, is_over) = (&running, &is_over);
        async move {
            let mut payments = Vec::new();
            while !is_over.get() {
                let key = format!("{payer}-{}", payments.len());
                payments.push(running.pay_until_known(&key, 10).await);
                tokio::time::sleep(PACE).await;
            }
            payments
        }
    }));
    let disturbing = async {
        disturb(&running).await;
        is_over.set(true);
    };
    let (payments, ()) = join(payers, disturbing).await;
    let payments: Vec<_> = payments.into_iter().flatten().collect();
    let ledger = running.stop_and_check().await;
    for payment in &payments {
        assert_eq!(ledger.payment(payment.id), Some(payment), "an acknowledged payment is kept");
    }
    assert_eq!(ledger.payments().count(), payments.len());
    let owed = ledger.card(&token()).unwrap().balance.minor;
    assert_eq!(usize::try_from(owed).unwrap(), payments.len() * 10);
}

#[test]
fn a_ledger_that_crashes_under_load_loses_and_doubles_nothing() {
    run(async {
        let running = RunningBank::with_limit(100_000_000).await;
        pay_through(running, async |running| {
            for generation in 2..=4 {
                let seen = running.journal.n_entries();
                eventually("running.journal.n_entries() >= seen + 20", async || {
                    running.journal.n_entries() >= seen + 20
                })
                .await;
                running.tree.crash("bank/ledger").await.unwrap();
                running.is_running_again("bank/ledger", generation).await;
            }
        })
        .await;
    });
}

#[test]
fn a_journal_that_crashes_under_load_loses_and_doubles_nothing() {
    run(async {
        let running = RunningBank::with_limit(100_000_000).await;
        pay_through(running, async |running| {
            eventually("running.journal.n_entries() >= 50", async || {
                running.journal.n_entries() >= 50
            })
            .await;
            running.tree.crash("bank/journal").await.unwrap();
            running.is_running_again("bank/ledger", 2).await;
            let seen = running.journal.n_entries();
            eventually("running.journal.n_entries() >= seen + 50", async || {
                running.journal.n_entries() >= seen + 50
            })
            .await;
            running.journal.set_disk(Disk::Panicking);
            running.is_running_again("bank/ledger", 3).await;
        })
        .await;
    });
}

#[test]
fn a_restarted_bank_answers_as_before() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let paid = running.pay("paid", 600).await.unwrap().payment;
        let refused = running.pay("refused", 600).await.unwrap().payment;
        let journal = running.journal.clone();
        let ledger = running.stop_and_check().await;

        let again = RunningBank::start(&journal, 16).await;
        assert_eq!(again.pay("paid", 600).await.unwrap().payment, paid);
        assert_eq!(again.pay("refused", 600).await.unwrap().payment, refused);
        let after = again.stop_and_check().await;
        assert_eq!(after.state_hash(), ledger.state_hash(), "nothing new was recorded");
    });
}

#[test]
fn an_abandoned_key_stays_closed_for_a_late_request() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let closed = running.bank.abandon(merchant(), key("lost"), None).await.unwrap();
        let declined = PaymentStatus::Declined(DeclineReason::Abandoned);
        assert_eq!(closed.payment.status, declined);
        let late = running.pay("lost", 100).await.unwrap();
        assert!(late.replayed && late.payment == closed.payment);
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_that_stopped_says_that_it_is_not_there() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.tree.shutdown().await;
        assert_eq!(running.pay("k", 1).await, Err(BankError::Unavailable));
    });
}
