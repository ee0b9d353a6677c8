//! Restarts of the process and of the actor, with orders in the air.

use super::bank::{Fate, ScriptedBank};
use super::memory::Disk;
use super::shop::{Shop, drive_until, in_frozen_time, request};
use crate::order::fixture::an_order;
use crate::order::{Order, OrderState};
use crate::{Limits, PlaceError};

fn unresolved(state: OrderState) -> Order {
    Order { state, ..an_order() }
}

#[test]
fn a_restart_finds_what_the_bank_decided() {
    in_frozen_time(async {
        // The Bank executed the request, and the shop's process ended before it knew.
        let first = Shop::open().await;
        first.bank.script(&[Fate::Hangs]);
        let buyer = first.place(request(1));
        drive_until("the bank is asked", || !first.bank.calls().is_empty()).await;
        buyer.abort();
        let (disk, bank) = (first.disk.clone(), first.bank.clone());
        first.close().await;
        assert_eq!(disk.orders()[0].state, OrderState::Paying);
        let second = Shop::open_on(disk, bank, Limits::default()).await;
        drive_until("it is resolved", || second.word(1) == "paid").await;
        assert_eq!(second.bank.calls(), ["authorize", "find"]);
        assert_eq!(second.bank.n_charges(), 1);
        second.close().await;
    });
}

#[test]
fn a_restart_closes_what_the_bank_never_saw() {
    for state in [OrderState::Placed, OrderState::Paying, OrderState::Unknown] {
        in_frozen_time(async {
            let disk = Disk::default();
            disk.put(unresolved(state.clone()));
            let bank = ScriptedBank::new(&disk);
            bank.script(&[Fate::NotSent, Fate::AnswerLost]);
            let shop = Shop::open_on(disk, bank, Limits::default()).await;
            shop.passes_until("it is closed", || shop.word(7) == "declined").await;
            assert_eq!(shop.bank.calls(), ["find", "find", "find", "abandon"]);
            assert_eq!(shop.bank.n_charges(), 0);
            shop.close().await;
        });
    }
}

#[test]
fn a_crash_with_an_order_in_the_air_is_resolved_by_the_next_generation() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::Hangs]);
        let buyer = shop.place(request(1));
        drive_until("the bank is asked", || !shop.bank.calls().is_empty()).await;
        shop.tree.crash("checkout/orders").await.unwrap();
        shop.passes_until("the buyer is answered", || buyer.is_finished()).await;
        // The order as it is durable: the next generation may have been as quick as the buyer.
        assert!(["paying", "paid"].contains(&buyer.await.unwrap().unwrap().order.state.word()));
        shop.passes_until("it is resolved", || shop.word(1) == "paid").await;
        assert_eq!(shop.bank.n_charges(), 1);
        let again = shop.handle.place(request(1)).await.unwrap();
        assert!(again.replayed && again.order == shop.kept(1));
        shop.close().await;
    });
}

#[test]
fn a_panic_in_a_call_is_a_crash_like_any_other() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::Panics]);
        let buyer = shop.place(request(1));
        shop.passes_until("the buyer is answered", || buyer.is_finished()).await;
        let told = buyer.await.unwrap().unwrap().order.state.word();
        assert!(["paying", "declined"].contains(&told), "{told}");
        shop.passes_until("it is closed", || shop.word(1) == "declined").await;
        assert_eq!(shop.bank.n_charges(), 0);
        shop.close().await;
    });
}

#[test]
fn a_crash_of_the_store_starts_both_again() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::Hangs]);
        let buyer = shop.place(request(1));
        drive_until("the bank is asked", || !shop.bank.calls().is_empty()).await;
        shop.tree.crash("checkout/store").await.unwrap();
        shop.passes_until("it is opened again", || shop.disk.n_opened() == 2).await;
        shop.passes_until("it is resolved", || shop.word(1) == "paid").await;
        assert!(matches!(buyer.await.unwrap(), Ok(_) | Err(PlaceError::UnknownOutcome)));
        assert_eq!(shop.bank.n_charges(), 1);
        shop.close().await;
    });
}

#[test]
fn a_shop_that_closes_lets_waiting_buyers_have_their_answer() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::NotSent, Fate::NotSent]);
        let buyer = shop.place(request(1));
        drive_until("the bank is tried", || !shop.bank.calls().is_empty()).await;
        shop.close().await;
        assert_eq!(buyer.await.unwrap().unwrap().order.state.word(), "paid");
    });
}
