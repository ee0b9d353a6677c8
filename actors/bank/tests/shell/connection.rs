//! A journal behind a connection that ends while nobody pays.

use std::time::Duration;

use futures_util::future::join;

use crate::running_bank::*;
use bancada_testbed::Connection;

#[test]
fn a_connection_that_ends_is_made_again_before_anybody_pays() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.pay("before", 100).await.unwrap();
        let n_replays = running.journal.replays().len();
        running.journal.set_connection(Connection::Cut);
        // Nobody asks for anything.
        eventually("running.journal.replays().len() > n_replays", async || {
            running.journal.replays().len() > n_replays
        })
        .await;
        eventually("running.bank.readiness().is_ok()", async || running.bank.readiness().is_ok())
            .await;
        assert!(running.journal.is_connected());
        assert!(running.pay("after", 100).await.is_ok());
        assert!(running.world.lost.lock().unwrap().is_none(), "the process need not end");
        let ledger = running.stop_and_check().await;
        assert_eq!(ledger.card(&token()).unwrap().balance.minor, 200);
    });
}

#[test]
fn a_payer_who_comes_while_it_is_away_waits_and_is_booked() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_connection(Connection::Away);
        eventually("running.bank.readiness().is_err()", async || running.bank.readiness().is_err())
            .await;
        let back = async {
            tokio::task::yield_now().await;
            running.journal.set_connection(Connection::Cut);
        };
        let (answer, ()) = join(running.pay("k", 100), back).await;
        assert!(answer.is_ok(), "{answer:?}");
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_whose_journal_is_another_ones_meanwhile_ends() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_connection(Connection::TakenOver);
        eventually("running.world.lost.lock().unwrap().is_some()", async || {
            running.world.lost.lock().unwrap().is_some()
        })
        .await;
        let n_appends = running.journal.n_appends();
        let paying = tokio::time::timeout(Duration::from_millis(500), running.pay("k", 1));
        assert!(paying.await.is_err(), "nobody is answered");
        assert_eq!(running.journal.n_appends(), n_appends);
    });
}
