//! Outcomes that are late, lost or impossible to get for a while.

use std::time::Duration;

use bancada_kernel::Timestamp;

use super::bank::{Fate, ScriptedBank};
use super::memory::Disk;
use super::shop::{Shop, drive_until, in_frozen_time, request};
use crate::Limits;
use crate::order::fixture::an_order;
use crate::order::{KEY_IS_KNOWN_MS, Order, OrderState};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_lost_answer_is_asked_for_again_and_charged_once() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::AnswerLost, Fate::AnswerLost]);
        let buyer = shop.place(request(1));
        drive_until("it is told honestly", || shop.word(1) == "unknown").await;
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
        drive_until("the bank is tried", || !shop.bank.calls().is_empty()).await;
        shop.pass(7 * SECOND).await;
        assert!(!buyer.is_finished());
        assert_eq!(shop.word(1), "paying");
        shop.pass(SECOND).await;
        drive_until("the buyer is answered", || buyer.is_finished()).await;
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
        drive_until("the bank is asked", || !shop.bank.calls().is_empty()).await;
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
        drive_until("the bank is tried", || !shop.bank.calls().is_empty()).await;
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

/// Placed so long before the shop's clock begins that the Bank may have forgotten its key.
fn aged(order: Order) -> Order {
    Order { placed_at: Timestamp(-KEY_IS_KNOWN_MS), ..order }
}

#[test]
fn an_order_whose_key_may_be_forgotten_is_never_called_declined() {
    for state in [OrderState::Placed, OrderState::Paying, OrderState::Unknown] {
        in_frozen_time(async {
            let disk = Disk::default();
            disk.put(aged(Order { state: state.clone(), ..an_order() }));
            let bank = ScriptedBank::new(&disk);
            bank.script(&[Fate::NotSent]);
            let shop = Shop::open_on(disk, bank, Limits::default()).await;
            shop.passes_until("the bank is asked", || shop.bank.calls().len() == 2).await;
            shop.pass(60 * SECOND).await;
            assert_eq!(shop.word(7), "unknown");
            assert_eq!(shop.bank.calls(), ["find", "find"], "and nobody goes on asking");
            assert!(shop.handle.is_given_up(&shop.kept(7)));
            assert!(!shop.handle.is_given_up(&Order { state, ..an_order() }), "it is young");
            shop.close().await;
        });
    }
}

#[test]
fn an_old_order_is_settled_by_an_answer_that_is_still_there() {
    in_frozen_time(async {
        let first = Shop::open().await;
        first.bank.script(&[Fate::Hangs]);
        let buyer = first.place(request(1));
        drive_until("the bank is asked", || !first.bank.calls().is_empty()).await;
        buyer.abort();
        let (kept, bank) = (first.kept(1), first.bank.clone());
        first.close().await;
        let disk = Disk::default();
        disk.put(aged(kept));
        let second = Shop::open_on(disk, bank, Limits::default()).await;
        drive_until("it is resolved", || second.word(1) == "paid").await;
        assert_eq!(second.bank.calls(), ["authorize", "find"]);
        second.close().await;
    });
}

#[test]
fn a_buyer_who_asks_again_about_a_forgotten_order_is_told_honestly_and_not_charged() {
    in_frozen_time(async {
        let first = Shop::open().await;
        first.bank.otherwise(Fate::NotSent);
        let buyer = first.place(request(1));
        drive_until("the bank is tried", || !first.bank.calls().is_empty()).await;
        buyer.abort();
        let kept = first.kept(1);
        first.close().await;
        let disk = Disk::default();
        disk.put(aged(kept));
        let bank = ScriptedBank::new(&disk);
        let second = Shop::open_on(disk, bank, Limits::default()).await;
        drive_until("it is given up", || second.word(1) == "unknown").await;
        let again = second.place(request(1));
        second.passes_until("the buyer is answered", || again.is_finished()).await;
        let again = again.await.unwrap().unwrap();
        assert!(again.replayed);
        assert_eq!(again.order.state, OrderState::Unknown);
        assert_eq!((second.bank.n_charges(), second.word(1)), (0, "unknown"));
        second.close().await;
    });
}
