//! Placing an order while everything works, once and many times.

use std::time::Duration;

use bancada_kernel::Money;
use futures_util::future::join_all;

use super::bank::Fate;
use super::bank::ScriptedBank;
use super::memory::Disk;
use super::shop::{Shop, drive_until, id, in_frozen_time, request};
use crate::order::{BasketError, OrderState};
use crate::{Limits, PlaceError};

#[test]
fn an_order_is_paid_and_kept() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        let placed = shop.handle.place(request(1)).await.unwrap();
        assert!(!placed.replayed);
        let OrderState::Paid(charge) = &placed.order.state else { panic!("{placed:?}") };
        assert_eq!((charge.amount, placed.order.total), (Money::brl(7_980), Money::brl(7_980)));
        assert_eq!(placed.order.card.masked_number, "************4242");
        assert_eq!(shop.kept(1), placed.order);
        assert_eq!(shop.handle.order(id(1)).await, Ok(Some(placed.order)));
        assert_eq!(shop.handle.order(id(2)).await, Ok(None));
        assert_eq!(shop.bank.calls(), ["authorize"]);
        shop.close().await;
    });
}

#[test]
fn a_decline_and_a_refusal_are_outcomes() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.decline_all();
        assert_eq!(shop.handle.place(request(1)).await.unwrap().order.state.word(), "declined");
        shop.bank.script(&[Fate::Refused]);
        assert_eq!(shop.handle.place(request(2)).await.unwrap().order.state.word(), "cancelled");
        assert_eq!((shop.word(1), shop.word(2)), ("declined", "cancelled"));
        shop.close().await;
    });
}

#[test]
fn a_hundred_requests_with_one_key_are_one_order_and_one_charge() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        let answers = join_all((0..100).map(|_| shop.place(request(1)))).await;
        let placed: Vec<_> = answers.into_iter().map(|joined| joined.unwrap().unwrap()).collect();
        assert!(placed.iter().all(|placed| placed.order == shop.kept(1)));
        assert_eq!(placed.iter().filter(|placed| !placed.replayed).count(), 1);
        assert_eq!((shop.disk.orders().len(), shop.bank.n_charges()), (1, 1));
        assert_eq!(shop.bank.calls(), ["authorize"]);
        // A double click that comes late finds the same order.
        let again = shop.handle.place(request(1)).await.unwrap();
        assert!(again.replayed && again.order == shop.kept(1));
        assert_eq!(shop.bank.calls(), ["authorize"]);
        shop.close().await;
    });
}

#[test]
fn a_key_that_is_used_for_something_else_is_refused() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::Hangs]);
        let first = shop.place(request(1));
        drive_until("the bank is asked", || !shop.bank.calls().is_empty()).await;
        let other = || {
            let mut other = request(1);
            other.items[0].quantity = 3;
            other
        };
        assert_eq!(shop.handle.place(other()).await, Err(PlaceError::KeyReused));
        first.abort();
        assert_eq!(shop.handle.place(request(2)).await.unwrap().order.state.word(), "paid");
        let mut other = other();
        other.id = id(2);
        assert_eq!(shop.handle.place(other).await, Err(PlaceError::KeyReused));
        assert_eq!(shop.disk.orders().len(), 2);
        shop.close().await;
    });
}

#[test]
fn what_cannot_be_sold_is_refused_unless_it_was_sold_before() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        let outdated = || {
            let mut outdated = request(1);
            outdated.expected_total = Some(Money::brl(1));
            outdated
        };
        let refused = shop.handle.place(outdated()).await;
        let total = Money::brl(7_980);
        assert_eq!(refused, Err(PlaceError::Basket(BasketError::PriceChanged { total })));
        assert!(shop.disk.orders().is_empty() && shop.bank.calls().is_empty());
        shop.handle.place(request(1)).await.unwrap();
        let found = shop.handle.place(outdated()).await.unwrap();
        assert!(found.replayed && found.order == shop.kept(1));
        shop.close().await;
    });
}

#[test]
fn more_than_the_shop_can_carry_is_refused_at_once() {
    in_frozen_time(async {
        let disk = Disk::default();
        let bank = ScriptedBank::new(&disk);
        bank.otherwise(Fate::Hangs);
        let limits = Limits { max_in_flight: 3, max_open_orders: 2, ..Limits::default() };
        let shop = Shop::open_on(disk, bank, limits).await;
        let waiting = [shop.place(request(1)), shop.place(request(2))];
        drive_until("both are being paid", || shop.bank.calls().len() == 2).await;
        // A third open order is one too many, though a buyer may still come in.
        assert_eq!(shop.handle.place(request(3)).await, Err(PlaceError::Overloaded));
        let third = shop.place(request(1));
        drive_until("a third buyer waits", || {
            shop.tree.snapshot().nodes.iter().any(|node| node.in_flight == Some(3))
        })
        .await;
        assert_eq!(shop.handle.place(request(1)).await, Err(PlaceError::Overloaded));
        assert_eq!(shop.disk.orders().len(), 2);
        waiting.into_iter().chain([third]).for_each(|buyer| buyer.abort());
        shop.close().await;
    });
}

#[test]
fn calls_to_the_bank_wait_for_their_turn() {
    in_frozen_time(async {
        let disk = Disk::default();
        let bank = ScriptedBank::new(&disk);
        bank.script(&[Fate::Hangs]);
        let limits = Limits { max_bank_calls: 1, ..Limits::default() };
        let shop = Shop::open_on(disk, bank, limits).await;
        let buyers = [shop.place(request(1)), shop.place(request(2))];
        shop.passes_until("both are kept", || shop.disk.orders().len() == 2).await;
        shop.pass(Duration::from_secs(4)).await;
        assert_eq!(shop.bank.calls(), ["authorize"]);
        let are_answered = || buyers.iter().all(|buyer| buyer.is_finished());
        shop.passes_until("both are answered", are_answered).await;
        assert_eq!((shop.word(1), shop.word(2), shop.bank.n_charges()), ("paid", "paid", 2));
        shop.close().await;
    });
}

#[test]
fn orders_are_listed_by_pages_with_the_latest_first() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        for n in 1..=5 {
            shop.handle.place(request(n)).await.unwrap();
        }
        let (mut before, mut pages) = (None, Vec::new());
        loop {
            let page = shop.handle.orders(before, 2).await.unwrap();
            pages.push(page.orders.iter().map(|order| order.id).collect::<Vec<_>>());
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(pages, [vec![id(5), id(4)], vec![id(3), id(2)], vec![id(1)]]);
        shop.close().await;
    });
}
