//! One child that fails: restarts in place, state, backoff, intensity.

use std::sync::Arc;

use actix::{Actor, MailboxError};
use bancada_supervision::Strategy::OneForOne;
use bancada_supervision::{ChildSpec, ExitReason, Options, Restart, State, Tree};
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use crate::failing_actor::{Add, Fail, FailingActor, Habit, Probe, World};
use crate::support::*;

#[test]
fn panic_in_handler_restarts_and_keeps_addr() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).child(ledger.permanent())).await;
        let addr = ledger.addr();
        ledger.panic().await;
        assert_eq!(addr.send(Add(1)).await, Ok(1));
        assert_eq!(ledger.link.get(), Some(addr));
        assert_eq!(node(&tree, "ledger").generation, 2);
        tree.shutdown().await;
    });
}

#[test]
fn plain_actix_supervisor_dies_on_panic() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let actor = ledger.actor();
        let addr = actix::Supervisor::start(|_| actor);
        assert_eq!(addr.send(Add(1)).await, Ok(1));
        assert_eq!(addr.send(Fail::Panic).await, Err(MailboxError::Closed));
        drive_until("the mailbox is closed", || !addr.connected()).await;
        assert_eq!(addr.send(Add(1)).await, Err(MailboxError::Closed));
        assert_eq!(ledger.world.count("ledger restarting"), 0);
    });
}

#[test]
fn queued_messages_survive_restart() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).child(ledger.permanent())).await;
        let addr = ledger.addr();
        let before = addr.send(Add(1));
        let panic = addr.send(Fail::Panic);
        let after: Vec<_> = (0..50).map(|_| addr.send(Add(1))).collect();
        assert_eq!(before.await, Ok(1));
        assert_eq!(panic.await, Err(MailboxError::Closed));
        let answers: Vec<_> = join_all(after).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (2..52).collect::<Vec<_>>());
        tree.shutdown().await;
    });
}

#[test]
fn restart_resets_state_from_journal() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).child(ledger.permanent())).await;
        assert_eq!(ledger.add(40).await, 40);
        // The handler leaves a wrong sum in memory before it panics.
        ledger.panic().await;
        assert_eq!(ledger.add(2).await, 42);
        let log = ["made", "started", "restarting", "started"];
        assert_eq!(ledger.world.log(), log.map(|entry| format!("ledger {entry}")));
        tree.shutdown().await;
    });
}

#[test]
fn a_failure_of_any_kind_is_a_reason_to_restart() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let listener = Arc::new(Listener::default());
        let supervisor = root(OneForOne).child(ledger.permanent());
        let tree = Tree::start(supervisor, listener.options()).await.unwrap();
        // Whether these callers get an answer is not the point here.
        let _ = ledger.addr().send(Fail::ReturnError).await;
        is_running_again(&tree, "ledger", 2).await;
        let _ = ledger.addr().send(Fail::PanicInFuture).await;
        is_running_again(&tree, "ledger", 3).await;
        let _ = ledger.addr().send(Fail::Finish).await;
        is_running_again(&tree, "ledger", 4).await;
        let reasons: Vec<_> =
            node(&tree, "ledger").restarts.into_iter().map(|record| record.detail).collect();
        let expected =
            ["failed: told to fail", "panicked: told to panic in a future", "ended normally"];
        assert_eq!(reasons, expected);
        let heard = ["failed", "panicked", "normal"].map(|label| format!("restart ledger {label}"));
        assert_eq!(listener.heard(), heard);
        tree.shutdown().await;
    });
}

#[test]
fn three_crashes_in_window_escalate() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let listener = Arc::new(Listener::default());
        let supervisor = root(OneForOne).intensity(2, ms(10_000)).child(ledger.permanent());
        let tree = Tree::start(supervisor, listener.options()).await.unwrap();
        for generation in [2, 3] {
            ledger.panic().await;
            is_running_again(&tree, "ledger", generation).await;
        }
        ledger.panic().await;
        let gave_up = tree.gave_up().await.expect("the root gave up");
        let cause = "ledger panicked: told to panic".to_owned();
        assert_eq!((gave_up.code, gave_up.reason), (1, ExitReason::Escalated(cause)));
        assert_eq!(node(&tree, "root").state, State::GaveUp);
        assert_eq!(node(&tree, "ledger").state, State::Stopped);
        assert_eq!(ledger.world.count("ledger dropped"), 1);
        assert_eq!(ledger.link.get(), None);
        let heard =
            ["restart ledger panicked", "restart ledger panicked", "escalation root escalated"];
        assert_eq!(listener.heard(), heard);
        // There is nothing left to stop.
        tree.shutdown().await;
    });
}

#[test]
fn crashes_outside_the_window_do_not_escalate() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let supervisor = root(OneForOne).intensity(1, ms(1_000)).child(ledger.permanent());
        let tree = start(supervisor).await;
        for generation in 2..6 {
            tokio::time::advance(ms(1_000)).await;
            ledger.panic().await;
            is_running_again(&tree, "ledger", generation).await;
        }
        tree.shutdown().await;
    });
}

#[test]
fn restarts_wait_for_their_backoff() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let supervisor = root(OneForOne).intensity(9, ms(10_000)).child(ledger.permanent());
        let tree = start(supervisor).await;
        for (crash, delay) in [10, 20, 40, 80, 80].into_iter().enumerate() {
            ledger.panic().await;
            let crashed_at = Instant::now();
            is_running_again(&tree, "ledger", crash as u64 + 2).await;
            let waited = crashed_at.elapsed();
            // The clock of the test has steps of a millisecond.
            assert!(ms(delay) <= waited + ms(2) && waited <= ms(delay + 2), "{waited:?}");
        }
        tree.shutdown().await;
    });
}

#[test]
fn normal_exit_of_transient_child_is_not_restarted() {
    in_paused_time(async {
        let world = World::default();
        let (job, ledger) = (Probe::new("job", &world), Probe::new("ledger", &world));
        let supervisor =
            root(OneForOne).child(job.spec(Restart::Transient)).child(ledger.permanent());
        let tree = start(supervisor).await;
        // A failure brings a transient child back.
        job.panic().await;
        is_running_again(&tree, "job", 2).await;
        job.addr().send(Fail::Finish).await.unwrap();
        drive_until("the job has finished", || node(&tree, "job").state == State::Finished).await;
        assert_eq!(job.link.get(), None);
        // Its sibling's later crash is handled, so the supervisor has heard of the end before.
        ledger.panic().await;
        is_running_again(&tree, "ledger", 2).await;
        assert_eq!((world.count("job started"), node(&tree, "job").restart_count), (2, 1));
        assert_eq!(node(&tree, "job").state, State::Finished);
        tree.shutdown().await;
    });
}

#[test]
fn a_temporary_child_is_never_restarted() {
    in_paused_time(async {
        let job = Probe::new("job", &World::default());
        let tree = start(root(OneForOne).child(job.spec(Restart::Temporary))).await;
        job.panic().await;
        drive_until("the job has finished", || node(&tree, "job").state == State::Finished).await;
        tokio::time::advance(ms(10_000)).await;
        assert_eq!(job.world.count("job started"), 1);
        tree.shutdown().await;
    });
}

#[test]
fn stop_in_started_does_not_spin() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default()).with(Habit::StopsInStarted);
        let supervisor = root(OneForOne).intensity(3, ms(10_000)).child(ledger.permanent());
        let began = Instant::now();
        let tree = start(supervisor).await;
        let gave_up = tree.gave_up().await.expect("the root gave up");
        assert_eq!(gave_up.reason, ExitReason::Escalated("ledger ended normally".to_owned()));
        assert_eq!(ledger.world.count("ledger started"), 4);
        assert!(began.elapsed() >= ms(10 + 20 + 40));
    });
}

#[test]
fn a_factory_that_panics_is_a_child_that_fails() {
    in_paused_time(async {
        let broken = ChildSpec::<FailingActor>::permanent("ledger", |_| panic!("no such file"));
        let supervisor = root(OneForOne).intensity(2, ms(10_000)).child(broken);
        let tree = start(supervisor).await;
        let gave_up = tree.gave_up().await.expect("the root gave up");
        let cause = "ledger panicked: no such file".to_owned();
        assert_eq!(gave_up.reason, ExitReason::Escalated(cause));
    });
}

#[test]
fn a_root_that_gives_up_can_stop_the_system() {
    let system = actix_rt::System::new();
    let test = async {
        let ledger = Probe::new("ledger", &World::default());
        let supervisor = root(OneForOne).intensity(0, ms(1_000)).child(ledger.permanent());
        let options = Options { stop_system: true, ..Options::default() };
        let tree = Tree::start(supervisor, options).await.unwrap();
        ledger.panic().await;
        tree.gave_up().await.expect("the root gave up");
    };
    system.block_on(async { timeout(ms(60_000), test).await.expect("it ends") });
    assert_eq!(system.run_with_code().unwrap(), 1);
}

#[test]
fn an_actor_can_be_a_child_without_ceremony() {
    struct Plain;
    impl Actor for Plain {
        type Context = actix::Context<Self>;
    }
    impl actix::Supervised for Plain {}
    impl bancada_supervision::SupervisedActor for Plain {}
    in_paused_time(async {
        let tree = start(root(OneForOne).child(ChildSpec::permanent("plain", |_| Plain))).await;
        assert_eq!(node(&tree, "plain").state, State::Running);
        tree.shutdown().await;
        assert_eq!(node(&tree, "plain").state, State::Stopped);
    });
}
