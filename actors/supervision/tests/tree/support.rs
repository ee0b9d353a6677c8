//! Systems to run trees in, and ways to wait for them.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_rt::System;
use bancada_supervision::{
    ExitReason, NodeSnapshot, Observer, Options, State, Strategy, Supervisor, Tree, TreeHandle,
};
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

/// Runs a test whose clock jumps to the next timer whenever nobody has work.
///
/// Only for trees on one thread: the clock does not know of work on other threads.
pub(crate) fn in_paused_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = || Builder::new_current_thread().enable_all().start_paused(true).build();
    let system = System::with_tokio_rt(|| runtime().unwrap());
    system.block_on(async { timeout(Duration::from_secs(3_600), test).await.expect("it ends") })
}

/// Runs a test with the real clock, for trees on several threads.
pub(crate) fn in_real_time<T>(test: impl Future<Output = T>) -> T {
    let system = System::new();
    system.block_on(async { timeout(Duration::from_secs(120), test).await.expect("it ends") })
}

pub(crate) const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Lets the time of the test pass, a millisecond at a time, until a condition holds.
pub(crate) async fn drive_until(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            sleep(ms(1)).await;
        }
    };
    timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) fn root(strategy: Strategy) -> Supervisor {
    Supervisor::new("root", strategy)
}

pub(crate) async fn start(root: Supervisor) -> TreeHandle {
    Tree::start(root, Options::default()).await.unwrap()
}

pub(crate) async fn start_with_chaos(root: Supervisor) -> TreeHandle {
    Tree::start(root, Options { chaos: true, ..Options::default() }).await.unwrap()
}

pub(crate) fn node(tree: &TreeHandle, path: &str) -> NodeSnapshot {
    let found = tree.snapshot().nodes.into_iter().find(|node| node.path == path);
    found.unwrap_or_else(|| panic!("no node {path}"))
}

pub(crate) async fn is_running_again(tree: &TreeHandle, path: &str, generation: u64) {
    drive_until(&format!("{path} runs in generation {generation}"), || {
        let node = node(tree, path);
        node.state == State::Running && node.generation == generation
    })
    .await;
}

/// Writes down what it hears.
#[derive(Default)]
pub(crate) struct Listener(Mutex<Vec<String>>);

impl Listener {
    pub(crate) fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn options(self: &Arc<Self>) -> Options {
        Options { observer: Some(Arc::clone(self) as Arc<dyn Observer>), ..Options::default() }
    }
}

impl Observer for Listener {
    fn on_restart(&self, child: &str, reason: &ExitReason) {
        self.0.lock().unwrap().push(format!("restart {child} {}", reason.label()));
    }

    fn on_escalation(&self, supervisor: &str, reason: &ExitReason) {
        self.0.lock().unwrap().push(format!("escalation {supervisor} {}", reason.label()));
    }
}
