//! Paying, many at once.

use std::collections::HashSet;

use bancada_bank::ledger::{AuthorizeError, PaymentStatus};
use bancada_bank::{BankError, PaymentError, PaymentQuery};
use bancada_kernel::{DeclineReason, Money};
use futures_util::future::join_all;

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

#[test]
fn an_approval_can_be_found_again_by_id_and_by_key() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let paid = running.pay("k", 600).await.unwrap();
        assert!(!paid.replayed && is_approved(&paid.payment));
        for query in [PaymentQuery::Id(paid.payment.id), PaymentQuery::Key(key("k"))] {
            let found = running.bank.find_payment(merchant(), query).await.unwrap();
            assert_eq!(found.as_ref(), Some(&paid.payment));
        }
        let nothing = running.bank.find_payment(merchant(), PaymentQuery::Key(key("other"))).await;
        assert_eq!(nothing, Ok(None));
        let card = running.bank.find_card(token()).await.unwrap().unwrap();
        assert_eq!((card.balance.minor, card.available_minor()), (600, 400));
        running.stop_and_check().await;
    });
}

#[test]
fn a_hundred_requests_with_one_key_have_one_effect_and_equal_answers() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let answers = join_all((0..100).map(|_| running.pay("same", 700))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| answer.payment == answers[0].payment));
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        let ledger = running.stop_and_check().await;
        assert_eq!(ledger.card(&token()).unwrap().balance, Money::brl(700));
    });
}

#[test]
fn payments_that_together_exceed_the_limit_spend_it_exactly() {
    run(async {
        let running = RunningBank::with_limit(10_000).await;
        let keys: Vec<_> = (0..64).map(|n| format!("k{n}")).collect();
        let answers = join_all(keys.iter().map(|key| running.pay(key, 500))).await;
        let payments: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().payment).collect();
        let approved = payments.iter().filter(|payment| is_approved(payment)).count();
        assert_eq!(approved, 20, "R$ 100,00 in parts of R$ 5,00");
        let declined = PaymentStatus::Declined(DeclineReason::InsufficientFunds);
        assert_eq!(payments.iter().filter(|it| it.status == declined).count(), 44);
        assert_eq!(payments.iter().map(|it| it.id).collect::<HashSet<_>>().len(), 64);
        let ledger = running.stop_and_check().await;
        assert_eq!(ledger.card(&token()).unwrap().available_minor(), 0);
    });
}

#[test]
fn a_key_with_another_body_is_refused_and_changes_nothing() {
    run(async {
        let running = RunningBank::with_limit(10_000).await;
        running.pay("k", 500).await.unwrap();
        let error = running.pay("k", 501).await.unwrap_err();
        assert!(matches!(error, BankError::Refused(AuthorizeError::KeyReused(_))), "{error}");
        // The security code is no part of the body: a retry may come without it.
        let mut retry = sale("k", 500);
        retry.cvv = None;
        assert!(running.bank.authorize(retry).await.unwrap().replayed);
        running.stop_and_check().await;
    });
}

#[test]
fn payments_share_commits() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        running.journal.set_disk(Disk::Stuck);
        let before = running.journal.n_appends();
        let before_ids = running.world.n_uuids();
        let keys: Vec<_> = (0..200).map(|n| format!("k{n}")).collect();
        let paying = join_all(keys.iter().map(|key| running.pay(key, 1)));
        let unstick = async {
            // Every decision takes two ids: all are decided, and wait for the disk.
            eventually("running.world.n_uuids() >= before_ids + 400", async || {
                running.world.n_uuids() >= before_ids + 400
            })
            .await;
            running.journal.set_disk(Disk::Well);
        };
        let (answers, ()) = futures_util::future::join(paying, unstick).await;
        assert!(answers.iter().all(Result::is_ok));
        let commits = running.journal.n_appends() - before;
        assert!(commits <= 20, "200 payments took {commits} commits");
        running.stop_and_check().await;
    });
}

#[test]
fn nobody_is_answered_before_the_record_is_durable() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        running.journal.set_disk(Disk::Stuck);
        let bank = running.bank.clone();
        let first = bank.authorize(sale("k", 600));
        tokio::pin!(first);
        let early = tokio::time::Duration::from_millis(50);
        assert!(tokio::time::timeout(early, &mut first).await.is_err());
        // A reader would see what is not durable yet: it waits too.
        let reading = running.bank.find_card(token());
        assert!(tokio::time::timeout(early, reading).await.is_err());
        running.journal.set_disk(Disk::Well);
        assert!(is_approved(&first.await.unwrap().payment));
        running.stop_and_check().await;
    });
}

#[test]
fn too_many_at_once_are_told_so_at_once() {
    run(async {
        let journal = MemoryJournal::new();
        let running = RunningBank::start(&journal, 3).await;
        running.bank.issue_card(card(1_000)).await.unwrap();
        journal.set_disk(Disk::Stuck);
        let keys: Vec<_> = (0..10).map(|n| format!("k{n}")).collect();
        let paying = join_all(keys.iter().map(|key| running.pay(key, 1)));
        let unstick = async {
            eventually("running.bank.in_flight() == 3", async || running.bank.in_flight() == 3)
                .await;
            journal.set_disk(Disk::Well);
        };
        let (answers, ()) = futures_util::future::join(paying, unstick).await;
        let overloaded =
            answers.iter().filter(|answer| **answer == Err(PaymentError::Overloaded)).count();
        assert_eq!(overloaded, 7);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
        running.stop_and_check().await;
    });
}

#[test]
fn demo_cards_are_issued_once() {
    run(async {
        let running = RunningBank::start(&MemoryJournal::new(), 16).await;
        running.bank.issue_demo_cards().await.unwrap();
        let cards = running.bank.list_cards(None, 100).await.unwrap();
        running.bank.issue_demo_cards().await.unwrap();
        assert_eq!(running.bank.list_cards(None, 100).await.unwrap(), cards);
        assert_eq!(cards.len(), bancada_kernel::test_cards::TEST_CARDS.len());
        let rest = running.bank.list_cards(Some(cards[3].token.clone()), 2).await.unwrap();
        assert_eq!(rest, cards[4..6], "a page continues after its token");
        running.stop_and_check().await;
    });
}
