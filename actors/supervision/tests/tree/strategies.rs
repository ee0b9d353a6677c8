//! A child that fails, and its siblings; a supervisor that fails, and its parent.

use std::sync::Arc;

use bancada_supervision::Strategy::{OneForAll, OneForOne, RestForOne};
use bancada_supervision::{ExitReason, Link, Observer, Options, Restart, State, Supervisor, Tree};

use crate::failing_actor::{Fail, FailingActor, Probe, World, quick};
use crate::support::*;

fn three(world: &World) -> [Probe; 3] {
    ["journal", "ledger", "outbox"].map(|name| Probe::new(name, world))
}

fn bank(strategy: bancada_supervision::Strategy, children: &[Probe; 3]) -> Supervisor {
    let bank = Supervisor::new("bank", strategy).backoff(quick());
    children.iter().fold(bank, |bank, child| bank.child(child.permanent()))
}

#[test]
fn rest_for_one_restarts_only_later_siblings_in_order() {
    in_paused_time(async {
        let world = World::default();
        let children = three(&world);
        let [journal, ledger, outbox] = &children;
        let listener = Arc::new(Listener::default());
        let root = root(OneForOne).supervisor(bank(RestForOne, &children));
        let tree = Tree::start(root, listener.options()).await.unwrap();
        let old = [journal.addr(), ledger.addr(), outbox.addr()];
        world.clear_log();
        ledger.panic().await;
        is_running_again(&tree, "bank/outbox", 2).await;
        let expected = [
            "outbox shutting down",
            "outbox dropped",
            "ledger dropped",
            "ledger made",
            "ledger started",
            "outbox made",
            "outbox started",
        ];
        assert_eq!(world.log(), expected);
        // The earlier sibling is untouched; the others have new addresses, which links know.
        assert_eq!(journal.addr(), old[0]);
        assert_ne!(ledger.addr(), old[1]);
        assert_ne!(outbox.addr(), old[2]);
        assert_eq!((ledger.add(1).await, outbox.add(1).await), (1, 1));
        assert_eq!(node(&tree, "bank/journal").restart_count, 0);
        let heard = ["restart bank/ledger panicked", "restart bank/outbox sibling"];
        assert_eq!(listener.heard(), heard);
        tree.shutdown().await;
    });
}

#[test]
fn the_last_child_of_rest_for_one_restarts_in_place() {
    in_paused_time(async {
        let world = World::default();
        let children = three(&world);
        let tree = start(root(OneForOne).supervisor(bank(RestForOne, &children))).await;
        let outbox = &children[2];
        let addr = outbox.addr();
        outbox.panic().await;
        is_running_again(&tree, "bank/outbox", 2).await;
        assert_eq!((outbox.addr(), world.count("outbox made")), (addr, 1));
        tree.shutdown().await;
    });
}

#[test]
fn one_for_all_restarts_all_in_order() {
    in_paused_time(async {
        let world = World::default();
        let children = three(&world);
        let tree = start(root(OneForOne).supervisor(bank(OneForAll, &children))).await;
        world.clear_log();
        children[1].panic().await;
        is_running_again(&tree, "bank/outbox", 2).await;
        let expected = [
            "outbox shutting down",
            "outbox dropped",
            "ledger dropped",
            "journal shutting down",
            "journal dropped",
            "journal made",
            "journal started",
            "ledger made",
            "ledger started",
            "outbox made",
            "outbox started",
        ];
        assert_eq!(world.log(), expected);
        tree.shutdown().await;
    });
}

#[test]
fn siblings_that_crash_at_once_come_back_once() {
    in_paused_time(async {
        let world = World::default();
        let children = three(&world);
        let tree = start(root(OneForOne).supervisor(bank(OneForAll, &children))).await;
        let addrs = children.each_ref().map(Probe::addr);
        let crashes = addrs.each_ref().map(|addr| addr.send(Fail::Panic));
        for crash in crashes {
            crash.await.unwrap_err();
        }
        is_running_again(&tree, "bank/outbox", 2).await;
        for child in &children {
            child.add(1).await;
            let node = node(&tree, &format!("bank/{}", child.name));
            // The reports of the other two were old news, and cost no restart.
            assert_eq!((node.generation, node.restart_count), (2, 1));
        }
        tree.shutdown().await;
    });
}

#[test]
fn a_finished_sibling_stays_finished() {
    in_paused_time(async {
        let world = World::default();
        let [journal, job, ledger] = ["journal", "job", "ledger"].map(|n| Probe::new(n, &world));
        let supervisor = root(OneForAll)
            .child(journal.permanent())
            .child(job.spec(Restart::Transient))
            .child(ledger.permanent());
        let tree = start(supervisor).await;
        job.addr().send(Fail::Finish).await.unwrap();
        drive_until("the job has finished", || node(&tree, "job").state == State::Finished).await;
        journal.panic().await;
        is_running_again(&tree, "ledger", 2).await;
        assert_eq!(node(&tree, "job").state, State::Finished);
        assert_eq!(world.count("job started"), 1);
        tree.shutdown().await;
    });
}

/// Crashes the child until its supervisor gives up, whichever life of it the mail reaches.
async fn crash_out(link: &Link<FailingActor>, times: u32) {
    for _ in 0..times {
        link.wait().await.send(Fail::Panic).await.unwrap_err();
    }
}

#[test]
fn a_nested_escalation_restarts_the_subtree_before_the_root_gives_up() {
    in_paused_time(async {
        let world = World::default();
        let children = three(&world);
        let ledger = &children[1];
        let shop = Probe::new("shop", &World::default());
        let listener = Arc::new(Listener::default());
        let root = root(OneForOne)
            .intensity(1, ms(60_000))
            .supervisor(bank(OneForOne, &children).intensity(1, ms(10_000)))
            .child(shop.permanent());
        let tree = Tree::start(root, listener.options()).await.unwrap();
        let shop_addr = shop.addr();
        crash_out(&ledger.link, 2).await;
        is_running_again(&tree, "bank", 2).await;
        is_running_again(&tree, "bank/outbox", 2).await;
        assert_eq!(shop.addr(), shop_addr, "a sibling of the subtree is untouched");
        let record = node(&tree, "bank").restarts.remove(0);
        assert_eq!(record.detail, "gave up: bank/ledger panicked: told to panic");
        // The root granted one restart of the subtree, so the next escalation is the last.
        crash_out(&ledger.link, 2).await;
        let gave_up = tree.gave_up().await.expect("the root gave up");
        let cause = "bank gave up: bank/ledger panicked: told to panic".to_owned();
        assert_eq!(gave_up.reason, ExitReason::Escalated(cause));
        let heard = [
            "restart bank/ledger panicked",
            "escalation bank escalated",
            "restart bank escalated",
            "restart bank/ledger panicked",
            "escalation bank escalated",
            "escalation root escalated",
        ];
        assert_eq!(listener.heard(), heard);
        assert_eq!(shop.world.log().last().unwrap(), "shop dropped");
    });
}

#[test]
fn a_subtree_is_restarted_under_its_parents_strategy() {
    in_paused_time(async {
        let world = World::default();
        let children = three(&world);
        let shop = Probe::new("shop", &world);
        let root = root(RestForOne)
            .supervisor(bank(OneForOne, &children).intensity(0, ms(10_000)))
            .child(shop.permanent());
        let tree = start(root).await;
        world.clear_log();
        children[2].panic().await;
        is_running_again(&tree, "shop", 2).await;
        let expected = [
            "ledger shutting down",
            "ledger dropped",
            "journal shutting down",
            "journal dropped",
            "shop shutting down",
            "shop dropped",
            "journal made",
            "journal started",
            "ledger made",
            "ledger started",
            "outbox made",
            "outbox started",
            "shop made",
            "shop started",
        ];
        let log: Vec<_> = world.log().into_iter().filter(|e| e != "outbox dropped").collect();
        assert_eq!(log, expected);
        tree.shutdown().await;
    });
}

/// Panics when it hears of a crash of the ledger.
struct ClumsyObserver;

impl Observer for ClumsyObserver {
    fn on_restart(&self, child: &str, _: &ExitReason) {
        assert_ne!(child, "bank/ledger", "told to panic");
    }
}

#[test]
fn a_supervisor_that_panics_is_restarted_by_its_parent() {
    in_real_time(async {
        let world = World::default();
        let children = three(&world);
        let root = root(OneForOne).supervisor(bank(OneForOne, &children).on_own_arbiter());
        let options = Options { observer: Some(Arc::new(ClumsyObserver)), ..Options::default() };
        let tree = Tree::start(root, options).await.unwrap();
        children[1].panic().await;
        is_running_again(&tree, "bank/outbox", 2).await;
        drive_until("the old actors and their thread are gone", || {
            world.count("ledger dropped") == 1 && !world.arbiters()[0].alive()
        })
        .await;
        assert_eq!(node(&tree, "bank").restarts[0].reason, "panicked");
        assert_eq!(children[1].add(1).await, 1);
        tree.shutdown().await;
    });
}
