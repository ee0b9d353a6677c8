//! Stopping a tree: order, deadlines, threads.

use bancada_supervision::Strategy::OneForOne;
use bancada_supervision::{Options, StartError, State, Supervisor, Tree};
use tokio::time::Instant;

use crate::failing_actor::{Add, Habit, Probe, World};
use crate::support::*;

#[test]
fn shutdown_is_in_reverse_order() {
    in_paused_time(async {
        let world = World::default();
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| Probe::new(name, &world));
        let middle = Supervisor::new("middle", OneForOne).child(b.permanent()).child(c.permanent());
        let tree =
            start(root(OneForOne).child(a.permanent()).supervisor(middle).child(d.permanent()))
                .await;
        world.clear_log();
        tree.shutdown().await;
        let expected = ["d", "c", "b", "a"]
            .map(|name| [format!("{name} shutting down"), format!("{name} dropped")]);
        assert_eq!(world.log(), expected.concat());
        assert!(tree.snapshot().nodes.iter().all(|node| node.state == State::Stopped));
        assert_eq!(tree.gave_up().await, None);
    });
}

#[test]
fn a_shutdown_deadline_is_enforced() {
    in_paused_time(async {
        let world = World::default();
        let good = Probe::new("good", &world);
        let stubborn = Probe::new("stubborn", &world).with(Habit::IgnoresShutdown);
        let tree = start(
            root(OneForOne)
                .child(good.permanent())
                .child(stubborn.permanent().shutdown_within(ms(700))),
        )
        .await;
        world.clear_log();
        let asked_at = Instant::now();
        tree.shutdown().await;
        let took = asked_at.elapsed();
        assert!(ms(700) <= took && took < ms(900), "{took:?}");
        let expected =
            ["stubborn shutting down", "stubborn dropped", "good shutting down", "good dropped"];
        assert_eq!(world.log(), expected);
    });
}

#[test]
fn queued_mail_is_handled_before_the_shutdown() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).child(ledger.permanent())).await;
        let addr = ledger.addr();
        let queued: Vec<_> = (0..10).map(|_| addr.send(Add(1))).collect();
        tree.shutdown().await;
        for (answer, expected) in futures_util::future::join_all(queued).await.iter().zip(1..) {
            assert_eq!(*answer, Ok(expected));
        }
    });
}

#[test]
fn a_child_that_is_down_does_not_delay_the_shutdown() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let mut backoff = crate::failing_actor::quick();
        (backoff.min, backoff.max) = (ms(60_000), ms(60_000));
        let tree = start(root(OneForOne).child(ledger.permanent().backoff(backoff))).await;
        ledger.panic().await;
        drive_until("it is down", || node(&tree, "ledger").state == State::Restarting).await;
        let asked_at = Instant::now();
        tree.shutdown().await;
        assert!(asked_at.elapsed() < ms(1_000));
        assert_eq!(ledger.world.count("ledger dropped"), 1);
    });
}

#[test]
fn a_subtree_lives_on_its_own_thread_which_ends_with_it() {
    in_real_time(async {
        let (bank_world, shop_world) = (World::default(), World::default());
        let [journal, ledger] = ["journal", "ledger"].map(|name| Probe::new(name, &bank_world));
        let shop = Probe::new("shop", &shop_world);
        let bank = Supervisor::new("bank", OneForOne)
            .on_own_arbiter()
            .child(journal.permanent())
            .supervisor(Supervisor::new("inner", OneForOne).child(ledger.permanent()));
        let tree = start(root(OneForOne).supervisor(bank).child(shop.permanent())).await;
        assert_eq!((ledger.add(2).await, shop.add(3).await), (2, 3));
        let bank_threads = bank_world.arbiters();
        assert_eq!(bank_threads.len(), 2);
        assert!(bank_threads.iter().all(actix_rt::ArbiterHandle::alive));
        tree.shutdown().await;
        assert!(!bank_threads.iter().any(actix_rt::ArbiterHandle::alive));
        assert!(shop_world.arbiters()[0].alive(), "the system's own thread is not ours to stop");
    });
}

#[test]
fn a_subtree_comes_back_on_a_new_thread() {
    in_real_time(async {
        let world = World::default();
        let ledger = Probe::new("ledger", &world);
        let bank = Supervisor::new("bank", OneForOne)
            .on_own_arbiter()
            .intensity(0, ms(1_000))
            .child(ledger.permanent());
        let tree = start(root(OneForOne).supervisor(bank)).await;
        ledger.panic().await;
        is_running_again(&tree, "bank/ledger", 2).await;
        let threads: Vec<_> = world.arbiters().iter().map(|thread| thread.alive()).collect();
        assert_eq!(threads, [false, true]);
        tree.shutdown().await;
    });
}

#[tokio::test]
async fn a_tree_needs_a_system() {
    let started = Tree::start(root(OneForOne), Options::default()).await;
    assert_eq!(started.unwrap_err(), StartError::NoSystem);
}
