//! Many requests at the same time, over several connections.

use std::collections::HashSet;

use bancada_bank::ledger::PaymentStatus as Kept;
use bancada_proto::bank::v1::PaymentStatus;
use futures_util::future::join_all;

use crate::running_bank::*;

#[test]
fn a_hundred_requests_with_one_key_have_one_effect_and_equal_answers() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let answers = join_all((0..100).map(|_| running.authorize(sale("same", 700)))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        let ids: HashSet<_> =
            answers.iter().map(|it| it.payment.as_ref().unwrap().payment_id.clone()).collect();
        assert_eq!(ids.len(), 1, "one payment");
        assert!(answers.iter().all(|answer| answer.payment == answers[0].payment));
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        assert_eq!(running.card(&running.token().await).await.balance, brl(700));
        assert_eq!(running.journal.entries().len(), 2, "the card and one payment");
        running.stop_and_check().await;
    });
}

#[test]
fn payments_that_together_exceed_the_limit_spend_what_the_card_shows() {
    run(async {
        let running = RunningBank::with_limit(10_000).await;
        // Different amounts, so that the order of arrival decides what still fits.
        let amounts: Vec<i64> = (0..64).map(|n| 300 + 7 * n).collect();
        let paying = amounts.iter().enumerate().map(|(n, amount_minor)| {
            let key = format!("k{n}");
            let running = &running;
            async move { running.pay(&key, *amount_minor).await }
        });
        let payments = join_all(paying).await;
        let ids: HashSet<_> = payments.iter().map(|payment| &payment.payment_id).collect();
        assert_eq!(ids.len(), 64);
        let approved: i64 = payments
            .iter()
            .filter(|payment| payment.status() == PaymentStatus::Captured)
            .map(|payment| payment.amount.as_ref().unwrap().amount_minor)
            .sum();
        let declined: Vec<_> =
            payments.iter().filter_map(|payment| payment.decline.as_ref()).collect();
        assert!(declined.iter().all(|decline| decline.reason == "insufficient_funds"));
        let card = running.card(&running.token().await).await;
        assert!(approved <= 10_000, "{approved}");
        assert_eq!((card.balance, card.available), (brl(approved), brl(10_000 - approved)));
        let smallest = payments
            .iter()
            .filter(|payment| payment.decline.is_some())
            .map(|payment| payment.amount.as_ref().unwrap().amount_minor);
        assert!(smallest.min().unwrap() > 10_000 - approved, "whoever still fitted was approved");

        let n_captured = payments.len() - declined.len();
        let ledger = running.stop_and_check().await;
        let kept = payments.iter().filter(|payment| {
            let id = bancada_kernel::PaymentId::parse(&payment.payment_id).unwrap();
            ledger.payment(id).unwrap().status == Kept::Captured
        });
        assert_eq!(kept.count(), n_captured, "the journal says what the answers said");
    });
}

#[test]
fn one_key_with_two_bodies_at_once_is_won_by_one_of_them() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let requests = (0..64).map(|n| running.authorize(sale("same", 700 + n % 2)));
        let answers = join_all(requests).await;
        let (given, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((given.len(), refused.len()), (32, 32));
        let first = given[0].as_ref().unwrap().payment.clone();
        assert!(given.iter().all(|answer| answer.as_ref().unwrap().payment == first));
        for status in refused {
            assert_eq!(reason_of(&status.unwrap_err()), "IDEMPOTENCY_KEY_REUSED");
        }
        assert_eq!(running.journal.entries().len(), 2);
        running.stop_and_check().await;
    });
}
