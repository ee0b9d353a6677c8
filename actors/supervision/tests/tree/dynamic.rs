//! Children that are started at run time.

use bancada_supervision::Strategy::OneForOne;
use bancada_supervision::{ChildSpec, Restart, Spawner, StartChildError, Supervisor, TreeHandle};

use crate::failing_actor::{Fail, FailingActor, Probe, World};
use crate::support::*;

fn orders(spawner: &Spawner) -> Supervisor {
    Supervisor::new("orders", OneForOne).dynamic(spawner, 2).backoff(crate::failing_actor::quick())
}

fn paths(tree: &TreeHandle) -> Vec<String> {
    tree.snapshot().nodes.into_iter().map(|node| node.path).collect()
}

#[test]
fn a_child_started_at_run_time_is_supervised_and_then_forgotten() {
    in_paused_time(async {
        let spawner = Spawner::new();
        let tree = start(root(OneForOne).supervisor(orders(&spawner))).await;
        let order = Probe::new("order-1", &World::default());
        spawner.start(order.spec(Restart::Transient)).await.unwrap();
        assert_eq!(order.add(1).await, 1);
        order.panic().await;
        assert_eq!(order.add(1).await, 2);
        assert_eq!(node(&tree, "orders/order-1").generation, 2);
        order.addr().send(Fail::Finish).await.unwrap();
        drive_until("the order is forgotten", || paths(&tree) == ["root", "orders"]).await;
        // Its name is free again.
        spawner.start(order.spec(Restart::Transient)).await.unwrap();
        assert_eq!(order.add(1).await, 3);
        tree.shutdown().await;
        assert_eq!(paths(&tree), ["root", "orders"]);
    });
}

#[test]
fn a_full_supervisor_refuses_and_takes_again_when_one_has_ended() {
    in_paused_time(async {
        let spawner = Spawner::new();
        let tree = start(root(OneForOne).supervisor(orders(&spawner))).await;
        let world = World::default();
        let [a, b, c] = ["a", "b", "c"].map(|name| Probe::new(name, &world));
        for probe in [&a, &b] {
            spawner.start(probe.spec(Restart::Transient)).await.unwrap();
        }
        let refused = spawner.start(c.spec(Restart::Transient)).await;
        assert_eq!(refused, Err(StartChildError::Full { max_children: 2 }));
        let twin = spawner.start(a.spec(Restart::Transient)).await;
        assert_eq!(twin, Err(StartChildError::Duplicate("a".into())));
        a.addr().send(Fail::Finish).await.unwrap();
        drive_until("a is forgotten", || !paths(&tree).contains(&"orders/a".to_owned())).await;
        spawner.start(c.spec(Restart::Transient)).await.unwrap();
        tree.shutdown().await;
    });
}

#[test]
fn a_child_that_cannot_be_started_is_an_error_and_no_crash() {
    in_paused_time(async {
        let spawner = Spawner::new();
        let probe = Probe::new("a", &World::default());
        let early = spawner.start(probe.permanent()).await;
        assert_eq!(early, Err(StartChildError::NotRunning));
        let tree = start(root(OneForOne).supervisor(orders(&spawner))).await;
        let broken = ChildSpec::<FailingActor>::transient("b", |_| panic!("no such order"));
        let failed = StartChildError::Failed("panicked: no such order".to_owned());
        assert_eq!(spawner.start(broken).await, Err(failed));
        let slashed = ChildSpec::<FailingActor>::transient("b/c", |_| unreachable!());
        let invalid = StartChildError::InvalidId("b/c".into());
        assert_eq!(spawner.start(slashed).await, Err(invalid));
        assert_eq!(paths(&tree), ["root", "orders"]);
        tree.shutdown().await;
        let late = spawner.start(probe.permanent()).await;
        assert_eq!(late, Err(StartChildError::NotRunning));
    });
}

#[test]
fn children_started_at_run_time_end_with_their_supervisor() {
    in_paused_time(async {
        let spawner = Spawner::new();
        let supervisor = orders(&spawner).intensity(0, ms(1_000));
        let tree = start(root(OneForOne).supervisor(supervisor)).await;
        let world = World::default();
        let [a, b] = ["a", "b"].map(|name| Probe::new(name, &world));
        for probe in [&a, &b] {
            spawner.start(probe.spec(Restart::Transient)).await.unwrap();
        }
        a.panic().await;
        is_running_again(&tree, "orders", 2).await;
        assert_eq!(paths(&tree), ["root", "orders"]);
        assert_eq!((world.count("a dropped"), world.count("b dropped")), (1, 1));
        // The spawner follows its supervisor.
        spawner.start(a.spec(Restart::Transient)).await.unwrap();
        tree.shutdown().await;
    });
}
