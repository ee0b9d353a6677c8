//! A running statement, and a clock that stands still until it is told to move.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::System;
use bancada_kernel::Timestamp;
use bancada_supervision::{Options, State, Strategy, Supervisor, Tree, TreeHandle};
use tokio::runtime::Builder;
use tokio::task::{spawn_local, yield_now};
use tokio::time::timeout;

use super::forward::Sink;
use super::source::Script;
use crate::ports::Surroundings;
use crate::statement::history::START;
use crate::statement::memory::{Content, Disk};
use crate::tree::{ExtratoParts, on_parents_thread};
use crate::{ExtratoHandle, Limits};

/// Runs a test whose time moves only by [`drive_until`].
///
/// A paused clock would otherwise jump to the next timer while the writer's thread works; a
/// blocking task holds it.
pub(super) fn in_frozen_time<T>(test: impl Future<Output = T>) -> T {
    let runtime = || Builder::new_current_thread().enable_all().start_paused(true).build();
    let system = System::with_tokio_rt(|| runtime().unwrap());
    system.block_on(async {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let holder = tokio::task::spawn_blocking(move || {
            // Ends when the sender is dropped, also by a panic of the test. Time runs away from a
            // test that hangs, so that it fails.
            let _ = held.recv_timeout(Duration::from_secs(60));
        });
        let result = timeout(Duration::from_secs(100_000), test).await.expect("it ends");
        drop(release);
        holder.await.unwrap();
        result
    })
}

/// What ten milliseconds last at least.
const PACE: Duration = Duration::from_micros(500);

/// Lets everybody work and time pass until a condition holds.
pub(super) async fn drive_until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = std::time::Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(std::time::Instant::now() < patience, "never: {what}");
        for _ in 0..20 {
            yield_now().await;
        }
        tokio::time::advance(Duration::from_millis(10)).await;
        // The writer's thread works in real time: a busy machine must not let timers overtake it.
        std::thread::park_timeout(PACE);
    }
}

pub(super) struct Bench {
    pub(super) disk: Disk,
    pub(super) script: Script,
    pub(super) sink: Sink,
    pub(super) handle: ExtratoHandle,
    pub(super) tree: TreeHandle,
}

struct Clock;

impl Surroundings for Clock {
    fn now(&self) -> Timestamp {
        START
    }

    fn random_unit(&self) -> f64 {
        0.5
    }
}

impl Bench {
    pub(super) async fn open() -> Bench {
        Bench::open_on(Disk::default(), Script::new(), Limits::default()).await
    }

    pub(super) async fn open_on(disk: Disk, script: Script, limits: Limits) -> Bench {
        let sink = Sink::default();
        let (supervisor, handle) = on_parents_thread(ExtratoParts {
            store: Arc::new(disk.clone()),
            reader: Arc::new(disk.clone()),
            source: Arc::new(script.clone()),
            repair: Arc::new(script.clone()),
            event_reader: Arc::new(script.clone()),
            bills: Arc::new(script.clone()),
            dead_letters: Some(Arc::new(sink.clone())),
            surroundings: Arc::new(Clock),
            limits,
        });
        let root = Supervisor::new("root", Strategy::OneForOne).supervisor(supervisor);
        let options = Options { chaos: true, ..Options::default() };
        let tree = Tree::start(root, options).await.unwrap();
        Bench { disk, script, sink, handle, tree }
    }

    pub(super) fn content(&self) -> Content {
        self.disk.content()
    }

    /// Waits until the statement has reached a position and told everybody.
    pub(super) async fn reaches(&self, position: u64) {
        let what = format!("the statement reaches {position}");
        drive_until(&what, || self.handle.freshness().applied_position >= position).await;
    }

    /// Crashes a child once it runs.
    pub(super) async fn crash(&self, path: &str) {
        let is_running = || {
            let nodes = self.tree.snapshot().nodes;
            nodes.iter().any(|node| node.path == path && node.state == State::Running)
        };
        drive_until("it runs", is_running).await;
        self.tree.crash(path).await.unwrap();
    }

    pub(super) async fn close(self) {
        let tree = self.tree.clone();
        let down = spawn_local(async move { tree.shutdown().await });
        drive_until("the statement is closed", || down.is_finished()).await;
    }
}
