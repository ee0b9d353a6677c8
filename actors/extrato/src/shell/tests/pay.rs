//! Paying bills: kept before it is told, asked until it is answered, answered by an event.

use std::time::Duration;

use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{Currency, DeclineReason, EventKind, IdempotencyKey, Money};

use super::bench::{Bench, drive_until, in_frozen_time};
use super::source::Script;
use crate::ports::StoreError;
use crate::statement::history::{History, START, token};
use crate::statement::memory::Disk;
use crate::statement::{BillOutcome, Filter, LineKind};
use crate::{BillAsked, Limits, PayBill, PayBillError};

fn request(key: &str, minor: i64) -> PayBill {
    let key = IdempotencyKey::parse(key).unwrap();
    PayBill { key, token: token(1), amount: Money::brl(minor), trace: None }
}

/// A statement of a card with two purchases, at position 3.
async fn with_debt() -> (Bench, History) {
    let bench = Bench::open().await;
    let history = History::of_purchases(1, 2);
    bench.script.remember(&history);
    bench.script.deliver(history.records());
    bench.reaches(3).await;
    (bench, history)
}

async fn outcome(bench: &Bench) -> BillOutcome {
    bench.handle.bills(&token(1)).await.unwrap()[0].outcome
}

#[test]
fn a_payment_is_pending_until_the_banks_event_gives_it_a_line() {
    in_frozen_time(async {
        let (bench, mut history) = with_debt().await;
        let asked = bench.handle.pay_bill(request("bill-4", 1_500)).await.unwrap();
        assert_eq!((asked.payment.outcome, asked.replayed), (BillOutcome::Pending, false));
        assert_eq!(asked.payment.asked_at, START);
        drive_until("the bank is asked", || bench.script.bills() == ["bill-4"]).await;
        assert_eq!(outcome(&bench).await, BillOutcome::Pending, "the bank has not said anything");
        history.push(1, EventKind::BillPaid, 1_500);
        bench.script.deliver([history.record(3)]);
        bench.reaches(4).await;
        assert_eq!(outcome(&bench).await, BillOutcome::Paid);
        let (card, latest) = (token(1), Filter { limit: 1, ..Filter::default() });
        let page = bench.handle.statement(&card, latest).await.unwrap().unwrap();
        assert_eq!(page.lines[0].kind, LineKind::BillPayment);
        assert_eq!(page.card.state.now.balance.minor, 500);
        let bought = page.card.current_fatura.minor;
        assert_eq!(bought, 2_000, "what was bought is on the fatura, whoever paid for it");
        let again = bench.handle.pay_bill(request("bill-4", 1_500)).await.unwrap();
        assert_eq!((again.payment.outcome, again.replayed), (BillOutcome::Paid, true));
        bench.close().await;
    });
}

#[test]
fn a_refusal_is_told_and_moves_nothing() {
    in_frozen_time(async {
        let (bench, mut history) = with_debt().await;
        bench.handle.pay_bill(request("bill-4", 1_500)).await.unwrap();
        history.push(1, EventKind::BillRefused, 1_500);
        bench.script.deliver([history.record(3)]);
        bench.reaches(4).await;
        assert_eq!(outcome(&bench).await, BillOutcome::Refused(DeclineReason::DoNotHonor));
        let card = bench.handle.cards(None, 200).await.unwrap().cards.remove(0);
        assert_eq!(card.state.now.balance.minor, 2_000);
        bench.close().await;
    });
}

#[test]
fn while_the_bank_is_away_payments_wait_and_none_is_taken_for_another() {
    in_frozen_time(async {
        let (bench, _) = with_debt().await;
        bench.script.take_past_away(true);
        for key in ["a", "b"] {
            bench.handle.pay_bill(request(key, 100)).await.unwrap();
        }
        let repeated = bench.handle.pay_bill(request("a", 100)).await;
        assert!(matches!(repeated, Ok(BillAsked { replayed: true, .. })), "{repeated:?}");
        let other = bench.handle.pay_bill(request("a", 101)).await;
        assert_eq!(other, Err(PayBillError::KeyReused));
        let of_another_card = PayBill { token: token(2), ..request("a", 100) };
        let unknown = bench.handle.pay_bill(of_another_card).await;
        assert_eq!(unknown, Err(PayBillError::UnknownCard));
        bench.script.take_past_away(false);
        drive_until("the bank is asked in order", || bench.script.bills() == ["a", "b"]).await;
        bench.close().await;
    });
}

#[test]
fn an_open_payment_survives_the_process_and_an_answered_one_is_asked_no_more() {
    in_frozen_time(async {
        let disk = Disk::default();
        let first = Bench::open_on(disk.clone(), Script::new(), Limits::default()).await;
        let mut history = History::of_purchases(1, 2);
        first.script.deliver(history.records());
        first.reaches(3).await;
        first.handle.pay_bill(request("bill-4", 100)).await.unwrap();
        first.handle.pay_bill(request("bill-5", 200)).await.unwrap();
        drive_until("both are sent", || first.script.bills().len() == 2).await;
        history.push(1, EventKind::BillPaid, 100);
        first.script.deliver([history.record(3)]);
        first.reaches(4).await;
        first.close().await;
        let second = Bench::open_on(disk, Script::new(), Limits::default()).await;
        drive_until("the open one is sent", || !second.script.bills().is_empty()).await;
        assert_eq!(second.script.bills(), ["bill-5"]);
        second.close().await;
    });
}

#[test]
fn a_payment_without_an_answer_is_asked_again_less_and_less_often() {
    in_frozen_time(async {
        let (bench, _) = with_debt().await;
        let begun = tokio::time::Instant::now();
        bench.handle.pay_bill(request("lost", 100)).await.unwrap();
        let mut times = Vec::new();
        for n in 1..=4 {
            drive_until("it is sent", || bench.script.bills().len() == n).await;
            times.push(begun.elapsed());
        }
        let pauses: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
        assert!(pauses[0] >= 15 && pauses[1] >= 30 && pauses[2] >= 60, "{pauses:?}");
        assert!(pauses[2] < 65, "{pauses:?}");
        // Its own crash makes it ask again at once, and no more often.
        bench.crash("extrato/payer").await;
        drive_until("it is sent once more", || bench.script.bills().len() == 5).await;
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(bench.script.bills().len(), 5);
        bench.close().await;
    });
}

#[test]
fn what_makes_no_sense_or_cannot_be_kept_is_refused_and_not_sent() {
    in_frozen_time(async {
        let (bench, _) = with_debt().await;
        let dollars = Money { minor: 1, currency: Currency::USD };
        for (request, error) in [
            (request("k", 0), PayBillError::AmountNotPositive),
            (PayBill { token: token(9), ..request("k", -1) }, PayBillError::AmountNotPositive),
            (request("k", MAX_AMOUNT_MINOR + 1), PayBillError::AmountTooLarge),
            (PayBill { token: token(9), ..request("k", 1) }, PayBillError::UnknownCard),
            (PayBill { amount: dollars, ..request("k", 1) }, PayBillError::CurrencyNotSupported),
        ] {
            assert_eq!(bench.handle.pay_bill(request).await, Err(error));
        }
        bench.disk.set_fault(Some(StoreError::Full));
        assert_eq!(bench.handle.pay_bill(request("k", 1)).await, Err(PayBillError::StorageFull));
        bench.disk.set_fault(None);
        assert!(!bench.handle.pay_bill(request("k", 1)).await.unwrap().replayed);
        drive_until("it is sent", || bench.script.bills() == ["k"]).await;
        bench.close().await;
    });
}
