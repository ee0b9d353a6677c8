//! A store that has no room or fails.

use std::sync::atomic::AtomicBool;

use tokio::sync::oneshot;

use super::bank::Fate;
use super::memory::Disk;
use super::shop::{Shop, drive_until, id, in_frozen_time, request};
use crate::PlaceError;
use crate::order::Order;
use crate::order::fixture::an_order;
use crate::ports::{StoreError, Write, Written};
use crate::shell::store_thread::{Job, run};

#[test]
fn without_room_nothing_is_sent_to_the_bank() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.disk.set_fault(Some(StoreError::Full));
        assert_eq!(shop.handle.place(request(1)).await, Err(PlaceError::StorageFull));
        assert!(shop.bank.calls().is_empty());
        assert!(shop.handle.is_full());
        shop.disk.set_fault(None);
        assert_eq!(shop.handle.place(request(1)).await.unwrap().order.state.word(), "paid");
        assert!(!shop.handle.is_full());
        shop.close().await;
    });
}

#[test]
fn an_outcome_waits_for_room() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.bank.script(&[Fate::NotSent]);
        let buyer = shop.place(request(1));
        drive_until("the bank is tried", || !shop.bank.calls().is_empty()).await;
        shop.disk.set_fault(Some(StoreError::Full));
        shop.passes_until("it is charged", || shop.bank.n_charges() == 1).await;
        shop.passes_until("the buyer is answered", || buyer.is_finished()).await;
        assert_eq!(buyer.await.unwrap().unwrap().order.state.word(), "paying");
        shop.disk.set_fault(None);
        shop.passes_until("it is kept", || shop.word(1) == "paid").await;
        assert_eq!(shop.bank.calls(), ["authorize", "authorize"]);
        shop.close().await;
    });
}

#[test]
fn a_store_that_fails_is_opened_again_and_nothing_was_sent() {
    in_frozen_time(async {
        let shop = Shop::open().await;
        shop.disk.set_fault(Some(StoreError::Failed("the disk is gone".to_owned())));
        assert_eq!(shop.handle.place(request(1)).await, Err(PlaceError::UnknownOutcome));
        assert!(shop.bank.calls().is_empty());
        shop.disk.set_fault(None);
        shop.passes_until("it is opened again", || shop.disk.n_opened() == 2).await;
        shop.passes_until("the shop is up", || shop.handle.is_up()).await;
        assert_eq!(shop.handle.place(request(1)).await.unwrap().order.state.word(), "paid");
        shop.close().await;
    });
}

#[test]
fn writes_that_come_together_are_committed_together_before_readers_are_answered() {
    let disk = Disk::default();
    let (queue, jobs) = std::sync::mpsc::channel();
    let order = |n| Order { id: id(n), ..an_order() };
    let mut replies = Vec::new();
    for write in [Write::Insert(order(1)), Write::Insert(order(2)), Write::Insert(order(1))] {
        let (reply, answer) = oneshot::channel();
        queue.send(Job::Write(Box::new(write), reply)).unwrap();
        replies.push(answer);
    }
    let (reply, mut found) = oneshot::channel();
    queue.send(Job::Get(id(2), reply)).unwrap();
    queue.send(Job::Stop).unwrap();
    run(&mut disk.clone(), &jobs, &AtomicBool::new(false)).unwrap();
    assert_eq!(disk.n_commits(), 1);
    let written: Vec<_> =
        replies.into_iter().map(|mut answer| answer.try_recv().unwrap().unwrap()).collect();
    let exists = Written::Exists(Box::new(order(1)));
    assert_eq!(written, [Written::Done, Written::Done, exists]);
    assert_eq!(found.try_recv().unwrap(), Ok(Some(order(2))));
}
