//! A child that blocks its thread. Real threads and a real clock, so deadlines are short.

use std::sync::Arc;
use std::sync::mpsc::channel;

use bancada_supervision::Strategy::OneForOne;
use bancada_supervision::{ExitReason, Options, Ping, State, Supervisor, Tree};

use crate::failing_actor::{Fail, Probe, World};
use crate::support::*;

#[test]
fn frozen_child_escalates() {
    in_real_time(async {
        let world = World::default();
        let [ledger, outbox] = ["ledger", "outbox"].map(|name| Probe::new(name, &world));
        let shop = Probe::new("shop", &World::default());
        let bank = Supervisor::new("bank", OneForOne)
            .on_own_arbiter()
            .child(ledger.permanent().shutdown_within(ms(20)))
            .child(outbox.permanent().shutdown_within(ms(20)));
        let listener = Arc::new(Listener::default());
        let ping = Ping { interval: ms(50), deadline: ms(500) };
        let options = Options { ping, ..listener.options() };
        let root = root(OneForOne).supervisor(bank).child(shop.permanent());
        let tree = Tree::start(root, options).await.unwrap();
        let (thaw, until_dropped) = channel();
        let frozen = ledger.addr().send(Fail::Freeze(until_dropped));
        let gave_up = tree.gave_up().await.expect("the root gave up");
        // Which of the two the ping found first is chance: they share the thread.
        let ExitReason::Frozen(path) = &gave_up.reason else { panic!("{gave_up:?}") };
        assert!(path.starts_with("bank/"), "{path}");
        // A second copy beside a thread that may wake up could write twice.
        assert_eq!(world.count("ledger made"), 1);
        assert_eq!(listener.heard(), ["escalation bank frozen", "escalation root frozen"]);
        assert_eq!(node(&tree, path).state, State::Frozen);
        // The healthy rest was stopped in an orderly way.
        let shop_log = ["made", "started", "shutting down", "dropped"];
        assert_eq!(shop.world.log(), shop_log.map(|entry| format!("shop {entry}")));
        // When the thread wakes up, it must end without touching another message.
        drop(thaw);
        let _ = frozen.await;
        drive_until("the late thread drops its actors", || {
            world.count("ledger dropped") == 1 && world.count("outbox dropped") == 1
        })
        .await;
    });
}

#[test]
fn the_root_beats() {
    in_paused_time(async {
        let ping = Ping { interval: ms(100), deadline: ms(1_000) };
        let tree =
            Tree::start(root(OneForOne), Options { ping, ..Options::default() }).await.unwrap();
        tokio::time::sleep(ms(5_000)).await;
        assert!(tree.since_last_beat() <= ms(150), "{:?}", tree.since_last_beat());
        tree.shutdown().await;
        tokio::time::sleep(ms(5_000)).await;
        assert!(tree.since_last_beat() >= ms(4_900), "a root that ended beats no more");
    });
}
