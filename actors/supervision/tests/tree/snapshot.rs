//! What a snapshot shows.

use bancada_supervision::Strategy::{OneForOne, RestForOne};
use bancada_supervision::{Kind, State, Supervisor};

use crate::failing_actor::{Probe, World};
use crate::support::*;

#[test]
fn a_snapshot_shows_every_field() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let bank = Supervisor::new("bank", RestForOne).child(ledger.permanent());
        let tree = start_with_chaos(root(OneForOne).supervisor(bank)).await;
        tokio::time::advance(ms(1_000)).await;
        ledger.panic().await;
        is_running_again(&tree, "bank/ledger", 2).await;
        tokio::time::advance(ms(2_000)).await;
        let _in_flight = [ledger.in_flight.enter(), ledger.in_flight.enter()];
        let snapshot = tree.snapshot();
        assert!(snapshot.chaos && snapshot.uptime_ms >= 3_000);
        let [root, bank, ledger] = &snapshot.nodes[..] else { panic!("{snapshot:?}") };
        assert_eq!((root.path.as_str(), root.parent.as_deref()), ("root", None));
        assert_eq!((bank.path.as_str(), bank.parent.as_deref()), ("bank", Some("root")));
        assert_eq!((bank.kind, bank.strategy), (Kind::Supervisor, Some(RestForOne)));
        assert_eq!((bank.generation, bank.in_flight), (1, None));
        assert_eq!((ledger.path.as_str(), ledger.id.as_str()), ("bank/ledger", "ledger"));
        assert_eq!(ledger.parent.as_deref(), Some("bank"));
        assert_eq!((ledger.kind, ledger.strategy), (Kind::Actor, None));
        assert_eq!((ledger.state, ledger.generation), (State::Running, 2));
        assert_eq!((ledger.restart_count, ledger.in_flight), (1, Some(2)));
        assert_eq!(ledger.restarts[0].detail, "panicked: told to panic");
        assert!((2_000..3_000).contains(&ledger.uptime_ms), "{}", ledger.uptime_ms);
        assert!(ledger.restarts[0].ago_ms >= 2_000);
        tree.shutdown().await;
    });
}

#[test]
fn a_snapshot_serializes_to_json() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).child(ledger.permanent())).await;
        let json = serde_json::to_value(tree.snapshot()).unwrap();
        let node = &json["nodes"][1];
        let expected = serde_json::json!({
            "path": "ledger", "id": "ledger", "parent": "root", "kind": "actor", "strategy": null,
            "state": "running", "generation": 1, "restart_count": 0, "restarts": [],
            "in_flight": 0, "uptime_ms": node["uptime_ms"],
        });
        assert_eq!(*node, expected);
        assert_eq!(json["nodes"][0]["strategy"], "one_for_one");
        tree.shutdown().await;
    });
}

#[test]
fn the_list_of_restarts_is_bounded() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).intensity(100, ms(1)).child(ledger.permanent())).await;
        for generation in 2..22 {
            ledger.panic().await;
            is_running_again(&tree, "ledger", generation).await;
        }
        let ledger = node(&tree, "ledger");
        assert_eq!((ledger.restart_count, ledger.restarts.len()), (20, 16));
        tree.shutdown().await;
    });
}
