//! The rows of the status table that are nobody's mistake: overload, full disk, away, unknown.

use bancada_proto::bank::v1::{AbandonRequest, GetCardRequest, PaymentStatus};
use futures_util::future::{join, join_all};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

#[test]
fn too_many_at_once_are_told_so_and_when_to_come_back() {
    run(async {
        let journal = MemoryJournal::new();
        let running = RunningBank::start(&journal, 3).await;
        running.is_loaded().await;
        running.issue(NUMBER, 1_000).await;
        journal.set_disk(Disk::Frozen);
        let paying = join_all((0..10).map(|n| running.authorize(sale(&format!("k{n}"), 1))));
        let unstick = async {
            // Those without room are answered at once; three wait for the disk.
            let overloaded = r#"bancada_authorizations_total{outcome="overloaded"} 7"#;
            eventually("running.metrics.text().contains(overloaded)", async || {
                running.metrics.text().contains(overloaded)
            })
            .await;
            journal.set_disk(Disk::Well);
        };
        let (answers, ()) = join(paying, unstick).await;
        let (given, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((given.len(), refused.len()), (3, 7));
        for status in refused.into_iter().map(Result::unwrap_err) {
            assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
            assert_eq!(reason_of(&status), "OVERLOADED");
            let delay = status.get_details_retry_info().unwrap().retry_delay.unwrap();
            assert!(!delay.is_zero());
        }
        assert_eq!(journal.entries().len(), 4, "the card and three payments");
        running.stop_and_check().await;
    });
}

#[test]
fn a_full_disk_refuses_whatever_would_be_written_and_recovers() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let paid = running.pay("before", 100).await;
        running.journal.set_disk(Disk::Full);
        let first = running.authorize(sale("k", 100)).await.unwrap_err();
        let abandon = AbandonRequest { merchant_id: "loja".into(), idempotency_key: "k".into() };
        let abandoned = running.payments().abandon(abandon).await.unwrap_err();
        let issued = running.cards().issue_card(card(OTHER_NUMBER, 1)).await.unwrap_err();
        for status in [first, abandoned, issued] {
            assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
            assert_eq!(reason_of(&status), "STORAGE_FULL");
            assert!(status.get_details_retry_info().is_some());
        }
        // What was paid can still be read.
        assert_eq!(running.card(&paid.card_token).await.balance, brl(100));
        assert_eq!(running.journal.entries().len(), 2);
        running.journal.set_disk(Disk::Well);
        let mut answer = None;
        eventually("the Bank answers", async || {
            answer = running.authorize(sale("k", 100)).await.ok();
            answer.is_some()
        })
        .await;
        let answer = answer.unwrap();
        assert!(!answer.replayed, "nothing of the refused request was kept");
        assert_eq!(answer.payment.unwrap().status(), PaymentStatus::Captured);
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_that_is_away_is_not_ready() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.bank.shutdown().await;
        let paid = running.authorize(sale("k", 100)).await.unwrap_err();
        let get = GetCardRequest { card_token: "card_0".to_owned() };
        let asked = running.cards().get_card(get).await.unwrap_err();
        for status in [paid, asked] {
            assert_eq!(status.code(), Code::Unavailable, "{status:?}");
            assert_eq!(reason_of(&status), "NOT_READY");
        }
        assert_eq!(running.journal.entries().len(), 1);
        running.stop_and_check().await;
    });
}

#[test]
fn a_lost_answer_is_unknown_and_the_same_key_tells_what_became_of_it() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Panicking);
        let status = running.authorize(sale("k", 100)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unknown, "{status:?}");
        assert_eq!(reason_of(&status), "OUTCOME_UNKNOWN");
        let mut answer = None;
        eventually("the Bank answers", async || {
            answer = running.authorize(sale("k", 100)).await.ok();
            answer.is_some()
        })
        .await;
        assert_eq!(answer.unwrap().payment.unwrap().status(), PaymentStatus::Captured);
        assert_eq!(running.card(&running.token().await).await.balance, brl(100));
        running.stop_and_check().await;
    });
}

#[test]
fn a_broken_disk_gives_no_answer_and_the_process_is_told_to_end() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Broken);
        let status = running.authorize(sale("k", 100)).await.unwrap_err();
        assert_eq!(
            (status.code(), reason_of(&status).as_str()),
            (Code::Unknown, "OUTCOME_UNKNOWN")
        );
        assert!(running.world.lost.lock().unwrap().is_some());
        // Until it ends, nothing is decided on what may not be on the disk.
        let status = running.authorize(sale("next", 100)).await.unwrap_err();
        assert_eq!((status.code(), reason_of(&status).as_str()), (Code::Unavailable, "NOT_READY"));
        assert_eq!(running.journal.entries().len(), 1);
        running.stop_and_check().await;
    });
}
