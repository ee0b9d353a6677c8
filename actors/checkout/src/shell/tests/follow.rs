//! Refunds, heard of from the Bank's events.

use std::time::Duration;

use super::bank::{Fate, ScriptedBank};
use super::events::ScriptedEvents;
use super::memory::Disk;
use super::shop::{Shop, drive_until, in_frozen_time, request};
use crate::Limits;
use crate::order::{Charge, OrderState, Refund};

/// A refund of order `n`, of so much in all, as the Bank tells it.
async fn refund(shop: &Shop, n: u128, refunded_minor: i64) -> Refund {
    let buyer = shop.place(request(n));
    shop.passes_until("it is paid", || buyer.is_finished()).await;
    match shop.kept(n).state {
        OrderState::Paid(charge) => {
            Refund { order: shop.kept(n).id, charge: Charge { refunded_minor, ..charge } }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_refunded_when_all_of_its_charge_was_returned() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        let part = refund(&shop, 1, 10).await;
        let total = shop.kept(1).total.minor;
        let all = Refund {
            charge: Charge { refunded_minor: total, ..part.charge.clone() },
            ..part.clone()
        };
        shop.events.happens(None);
        shop.events.happens(Some(part.clone()));
        shop.passes_until("a part is returned", || {
            shop.kept(1).state == OrderState::Paid(part.charge.clone())
        })
        .await;
        assert_eq!(shop.disk.reached(), Some(2));
        shop.events.happens(Some(all.clone()));
        shop.events.happens(Some(part));
        shop.passes_until("all is returned", || shop.disk.reached() == Some(4)).await;
        assert_eq!(shop.kept(1).state, OrderState::Refunded(all.charge));
        shop.close().await;
    });
}

#[test]
fn a_refund_that_is_heard_of_before_the_answer_is_not_forgotten() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        // What the Bank will answer, learned from an order that is like it.
        let model = refund(&shop, 1, 0).await;
        shop.bank.script(&[Fate::Hangs]);
        let buyer = shop.place(request(2));
        drive_until("the bank is asked", || shop.bank.calls().len() == 2).await;
        let payment = shop.bank.payment_of(shop.kept(2).id);
        let refunded_minor = shop.kept(2).total.minor;
        let charge = Charge { payment, refunded_minor, ..model.charge };
        shop.events.happens(Some(Refund { order: shop.kept(2).id, charge }));
        shop.passes_until("it is heard", || shop.word(2) == "refunded").await;
        shop.passes_until("the answer is there", || buyer.is_finished()).await;
        shop.pass(Duration::from_secs(1)).await;
        assert_eq!(shop.word(2), "refunded");
        shop.close().await;
    });
}

#[test]
fn a_restart_goes_on_where_it_was_and_another_past_is_read_from_its_beginning() {
    in_frozen_time(async {
        let (disk, events) = (Disk::default(), ScriptedEvents::default());
        let bank = ScriptedBank::new(&disk);
        let open = async || {
            let (disk, bank, events) = (disk.clone(), bank.clone(), events.clone());
            Shop::open_with(disk, bank, events, Limits::default()).await
        };
        let shop = open().await;
        let [first, second, third] =
            [refund(&shop, 1, 1).await, refund(&shop, 2, 2).await, refund(&shop, 3, 3).await];
        events.happens(Some(first));
        shop.passes_until("the first is heard", || disk.reached() == Some(1)).await;
        shop.close().await;
        events.happens(Some(second.clone()));
        let shop = open().await;
        shop.passes_until("the second is heard", || disk.reached() == Some(2)).await;
        assert_eq!(shop.kept(2).state, OrderState::Paid(second.charge));
        assert_eq!(events.opened_after(), [0, 1]);

        events.are_lost();
        events.happens(Some(third.clone()));
        shop.passes_until("the third is heard", || {
            shop.kept(3).state == OrderState::Paid(third.charge.clone())
        })
        .await;
        assert_eq!((events.opened_after()[2..].to_vec(), disk.reached()), (vec![2, 0], Some(1)));
        shop.close().await;
    });
}

#[test]
fn a_place_without_refunds_is_kept_once_in_a_while() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.events.happens(None);
        shop.pass(Duration::from_secs(10)).await;
        let commits = shop.disk.n_commits();
        assert_eq!(shop.disk.reached(), None);
        shop.pass(Duration::from_secs(30)).await;
        shop.events.happens(None);
        shop.passes_until("it is kept", || shop.disk.reached() == Some(2)).await;
        assert_eq!(shop.disk.n_commits(), commits + 1);
        shop.close().await;
    });
}
