//! A service's life: start the tree, say that it is there, wait for the end, stop in order.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use bancada_supervision::{Options, Supervisor, Tree, TreeHandle};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use bancada_telemetry::console;

use crate::exit::Exit;
use crate::surroundings::RealSurroundings;

/// A tree that does not stop by then is left behind.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// The tree's handle, for listeners that are children of the tree.
pub(crate) type TreeSlot = Arc<OnceLock<TreeHandle>>;

/// A runtime for the connections of gRPC clients.
pub(crate) fn client_runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("grpc-client")
        .enable_all()
        .build()
        .context("the runtime of the gRPC clients cannot be started")
}

/// Runs a tree until it is told to stop or gives up. `ready` runs once everything was started.
pub(crate) fn run<Ready: Future<Output = anyhow::Result<()>>>(
    root: Supervisor,
    chaos: bool,
    surroundings: RealSurroundings,
    slot: &TreeSlot,
    ready: impl FnOnce() -> Ready,
) -> anyhow::Result<Exit> {
    actix_rt::System::new().block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let observer = Some(Arc::new(surroundings) as _);
        let options = Options { chaos, observer, ..Options::default() };
        let tree = Tree::start(root, options).await?;
        // Nobody else sets it.
        let _ = slot.set(tree.clone());

        let living = async {
            ready().await?;
            std::future::pending::<anyhow::Result<()>>().await
        };
        let result = tokio::select! {
            failed = living => failed.map(|()| Exit::Well),
            gave_up = tree.gave_up() => {
                let reason = gave_up.map(|it| it.reason.to_string()).unwrap_or_default();
                tracing::error!(reason, "the supervision tree gave up");
                console::complain(format_args!("error: the supervision tree gave up: {reason}"));
                return Ok(Exit::GaveUp);
            }
            _ = interrupt.recv() => Ok(Exit::Well),
            _ = terminate.recv() => Ok(Exit::Well),
        };
        tracing::info!("stopping: new requests are refused, open ones are finished");
        tokio::select! {
            stopped = tokio::time::timeout(STOP_WITHIN, tree.shutdown()) => {
                if stopped.is_err() {
                    tracing::error!("the tree did not stop in time");
                    return Ok(Exit::GaveUp);
                }
            }
            // Twice means at once.
            _ = interrupt.recv() => return Ok(Exit::Failed),
        }
        tracing::info!("stopped");
        result
    })
}
