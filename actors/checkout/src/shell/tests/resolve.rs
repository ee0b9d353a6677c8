//! Outcomes that are late, lost or impossible to get for a while.

use std::time::Duration;

use super::bank::Fate;
use super::shop::{Shop, eventually, in_frozen_time, request};
use crate::order::OrderState;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_lost_answer_is_asked_for_again_and_charged_once() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::AnswerLost, Fate::AnswerLost]);
        let buyer = shop.place(request(1));
        eventually("it is told honestly", || shop.word(1) == "unknown").await;
        assert!(!buyer.is_finished());
        shop.passes_until("the buyer is answered", || buyer.is_finished()).await;
        assert_eq!(buyer.await.unwrap().unwrap().order.state.word(), "paid");
        assert_eq!(shop.bank.calls(), ["authorize"; 3]);
        assert_eq!(shop.bank.n_charges(), 1);
        shop.close().await;
    });
}

#[test]
fn a_bank_that_is_down_leaves_the_order_unknown_until_it_is_back() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.otherwise(Fate::NotSent);
        let buyer = shop.place(request(1));
        eventually("the bank is tried", || !shop.bank.calls().is_empty()).await;
        shop.pass(7 * SECOND).await;
        assert!(!buyer.is_finished());
        assert_eq!(shop.word(1), "paying");
        shop.pass(SECOND).await;
        eventually("the buyer is answered", || buyer.is_finished()).await;
        assert_eq!(buyer.await.unwrap().unwrap().order.state.word(), "paying");
        shop.passes_until("it is told honestly", || shop.word(1) == "unknown").await;
        shop.bank.otherwise(Fate::Answered);
        shop.passes_until("it is resolved", || shop.word(1) == "paid").await;
        shop.pass(60 * SECOND).await;
        assert_eq!(shop.bank.n_charges(), 1);
        let answered = shop.bank.calls().len();
        shop.pass(60 * SECOND).await;
        assert_eq!(shop.bank.calls().len(), answered, "nobody asks about a settled order");
        shop.close().await;
    });
}

#[test]
fn a_call_without_an_end_is_given_up_and_repeated() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::Hangs]);
        let buyer = shop.place(request(1));
        eventually("the bank is asked", || !shop.bank.calls().is_empty()).await;
        shop.pass(4 * SECOND).await;
        assert_eq!((shop.word(1), shop.bank.calls().len()), ("paying", 1));
        shop.passes_until("the buyer is answered", || buyer.is_finished()).await;
        assert_eq!(buyer.await.unwrap().unwrap().order.state.word(), "paid");
        assert_eq!(shop.bank.n_charges(), 1);
        shop.close().await;
    });
}

#[test]
fn a_card_is_forgotten_after_a_while_and_the_key_is_closed() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.otherwise(Fate::NotSent);
        let buyer = shop.place(request(1));
        eventually("the bank is tried", || !shop.bank.calls().is_empty()).await;
        shop.pass(130 * SECOND).await;
        assert!(buyer.is_finished());
        let calls = shop.bank.calls();
        let first_find = calls.iter().position(|call| call == "find").expect("the card is gone");
        assert!(calls[first_find..].iter().all(|call| call == "find"), "{calls:?}");
        shop.bank.otherwise(Fate::Answered);
        shop.passes_until("it is closed", || shop.word(1) == "declined").await;
        assert_eq!(shop.bank.calls().last().map(String::as_str), Some("abandon"));
        assert_eq!(shop.bank.n_charges(), 0);
        shop.close().await;
    });
}

#[test]
fn after_a_lost_answer_a_refusal_is_not_believed() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::AnswerLost, Fate::Refused]);
        let buyer = shop.place(request(1));
        shop.passes_until("the buyer is answered", || buyer.is_finished()).await;
        let order = buyer.await.unwrap().unwrap().order;
        assert!(matches!(order.state, OrderState::Paid(_)), "{:?}", order.state);
        assert_eq!(shop.bank.calls(), ["authorize", "authorize", "find"]);
        shop.close().await;
    });
}
