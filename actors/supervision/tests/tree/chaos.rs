//! Crashing and pausing children on purpose.

use bancada_supervision::Strategy::OneForOne;
use bancada_supervision::{CommandError, ExitReason, Options, Ping, State, Supervisor, Tree};
use tokio::time::Instant;

use crate::failing_actor::{Add, Probe, World};
use crate::support::*;

fn bank(ledger: &Probe) -> Supervisor {
    Supervisor::new("bank", OneForOne).child(ledger.permanent())
}

#[test]
fn crash_and_pause_are_refused_without_chaos() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start(root(OneForOne).supervisor(bank(&ledger))).await;
        assert_eq!(tree.crash("bank/ledger").await, Err(CommandError::ChaosDisabled));
        assert_eq!(tree.pause("bank/ledger", ms(1)).await, Err(CommandError::ChaosDisabled));
        assert_eq!(node(&tree, "bank/ledger").restart_count, 0);
        tree.shutdown().await;
    });
}

#[test]
fn a_command_to_the_wrong_node_says_what_is_wrong() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start_with_chaos(root(OneForOne).supervisor(bank(&ledger))).await;
        let unknown = tree.crash("bank/leger").await.unwrap_err();
        let expected = "no node \"bank/leger\"; known are bank, bank/ledger, root";
        assert_eq!(unknown.to_string(), expected);
        let supervisor = CommandError::NotAnActor("bank".to_owned());
        assert_eq!(tree.crash("bank").await, Err(supervisor));
        tree.shutdown().await;
        let gone = CommandError::NotRunning("bank/ledger".to_owned());
        assert_eq!(tree.crash("bank/ledger").await, Err(gone));
    });
}

#[test]
fn crash_is_treated_like_a_panic_in_a_handler() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start_with_chaos(root(OneForOne).supervisor(bank(&ledger))).await;
        ledger.add(5).await;
        let addr = ledger.addr();
        tree.crash("bank/ledger").await.unwrap();
        assert_eq!(addr.send(Add(1)).await, Ok(6));
        let log = ["made", "started", "restarting", "started"];
        assert_eq!(ledger.world.log(), log.map(|entry| format!("ledger {entry}")));
        let record = node(&tree, "bank/ledger").restarts.remove(0);
        assert_eq!(record.reason, "panicked");
        assert_eq!(record.detail, "panicked: crashed by a chaos command");
        tree.shutdown().await;
    });
}

#[test]
fn a_child_that_is_down_cannot_be_crashed() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start_with_chaos(root(OneForOne).supervisor(bank(&ledger))).await;
        tree.crash("bank/ledger").await.unwrap();
        let down = CommandError::NotRunning("bank/ledger".to_owned());
        assert_eq!(tree.crash("bank/ledger").await, Err(down));
        is_running_again(&tree, "bank/ledger", 2).await;
        assert_eq!(node(&tree, "bank/ledger").restart_count, 1);
        tree.shutdown().await;
    });
}

#[test]
fn commands_work_from_any_thread_and_runtime() {
    fn is_usable_anywhere<T: Send + Sync + Clone + 'static>(_: &T) {}
    in_real_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree =
            start_with_chaos(root(OneForOne).supervisor(bank(&ledger).on_own_arbiter())).await;
        is_usable_anywhere(&tree);
        is_usable_anywhere(&ledger.link);
        let elsewhere = tree.clone();
        let (done_tx, done) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
            let work = async move {
                elsewhere.crash("bank/ledger").await.unwrap();
                is_usable_anywhere(&elsewhere);
                elsewhere.snapshot().nodes.len()
            };
            let n_nodes = runtime.block_on(async { tokio::spawn(work).await.unwrap() });
            done_tx.send(n_nodes).unwrap();
        });
        assert_eq!(done.await.unwrap(), 3);
        thread.join().unwrap();
        is_running_again(&tree, "bank/ledger", 2).await;
        tree.shutdown().await;
    });
}

#[test]
fn pause_holds_mail_and_then_delivers() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start_with_chaos(root(OneForOne).supervisor(bank(&ledger))).await;
        let paused_at = Instant::now();
        tree.pause("bank/ledger", ms(3_000)).await.unwrap();
        assert_eq!(node(&tree, "bank/ledger").state, State::Paused);
        let mut answer = Box::pin(ledger.addr().send(Add(1)));
        let early = tokio::time::timeout(ms(2_900), &mut answer).await;
        assert!(early.is_err(), "the mail waits");
        assert_eq!(answer.await, Ok(1));
        assert!(paused_at.elapsed() >= ms(3_000));
        let after = node(&tree, "bank/ledger");
        assert_eq!((after.state, after.generation), (State::Running, 1));
        assert_eq!(after.restart_count, 0, "a pause is not a crash");
        tree.shutdown().await;
    });
}

#[test]
fn a_paused_child_can_be_crashed_and_stopped() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let tree = start_with_chaos(root(OneForOne).supervisor(bank(&ledger))).await;
        tree.pause("bank/ledger", ms(5_000)).await.unwrap();
        tree.crash("bank/ledger").await.unwrap();
        is_running_again(&tree, "bank/ledger", 2).await;
        tree.pause("bank/ledger", ms(5_000)).await.unwrap();
        let asked_at = Instant::now();
        tree.shutdown().await;
        assert!(asked_at.elapsed() < ms(1_000));
        assert_eq!(ledger.world.count("ledger shutting down"), 1);
    });
}

#[test]
fn a_pause_beyond_the_ping_deadline_is_a_frozen_child() {
    in_paused_time(async {
        let ledger = Probe::new("ledger", &World::default());
        let ping = Ping { interval: ms(100), deadline: ms(1_000) };
        let options = Options { chaos: true, ping, ..Options::default() };
        let tree = Tree::start(root(OneForOne).supervisor(bank(&ledger)), options).await.unwrap();
        let paused_at = Instant::now();
        tree.pause("bank/ledger", ms(60_000)).await.unwrap();
        let gave_up = tree.gave_up().await.expect("the root gave up");
        assert_eq!(gave_up.reason, ExitReason::Frozen("bank/ledger".to_owned()));
        let noticed_after = paused_at.elapsed();
        assert!(ms(1_000) <= noticed_after && noticed_after <= ms(1_300), "{noticed_after:?}");
        drive_until("its actor is gone", || ledger.world.count("ledger dropped") == 1).await;
    });
}
