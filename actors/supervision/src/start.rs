//! Spawning supervisors: the root, and those below it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{oneshot, watch};

use crate::arbiter::Place;
use crate::exit::{ExitReason, panic_message};
use crate::handle::{Ended, GaveUp};
use crate::intensity::IntensityMeter;
use crate::registry::{NodeFacts, NodeStatus, Registry};
use crate::signal::{Down, Signal};
use crate::snapshot::Kind;
use crate::supervisor::{End, Node};
use crate::tree::{Options, Supervisor};

/// The exit code of a process whose root gave up.
const GAVE_UP_CODE: i32 = 1;

/// What all supervisors of a tree share.
pub(crate) struct Shared {
    pub(crate) registry: Arc<Registry>,
    pub(crate) options: Options,
}

pub(crate) struct StartedRoot {
    /// Told when every child has been started once; dropped when the root gave up before.
    pub(crate) ready: oneshot::Receiver<()>,
    pub(crate) signals: UnboundedSender<Signal>,
    pub(crate) ended: watch::Receiver<Option<Ended>>,
}

pub(crate) fn start_root(
    root: Supervisor,
    registry: Arc<Registry>,
    options: Options,
    place: Place,
) -> StartedRoot {
    let facts = NodeFacts {
        path: root.id.to_string(),
        id: root.id.clone(),
        parent: None,
        kind: Kind::Supervisor,
        strategy: Some(root.strategy),
        in_flight: None,
    };
    let status = registry.register(facts);
    let stop_system = options.stop_system;
    let shared = Arc::new(Shared { registry, options });
    let (ended_tx, ended) = watch::channel(None);
    let on_end = move |end: End| {
        let last_word = match end {
            Ok(()) => Ended::ShutDown,
            Err(reason) => Ended::GaveUp(GaveUp { code: GAVE_UP_CODE, reason }),
        };
        let gave_up = matches!(last_word, Ended::GaveUp(_));
        ended_tx.send_replace(Some(last_word));
        if gave_up
            && stop_system
            && let Some(system) = actix_rt::System::try_current()
        {
            system.stop_with_code(GAVE_UP_CODE);
        }
    };
    let (ready, signals) = spawn(Arc::new(root), shared, status, place, on_end);
    StartedRoot { ready, signals, ended }
}

/// Starts a supervisor below another, to which it sends `report`, with its reason, when it gives
/// up. The last receiver closes when it is gone.
pub(crate) fn start_nested(
    spec: Arc<Supervisor>,
    shared: Arc<Shared>,
    status: Arc<NodeStatus>,
    place: Place,
    parent: UnboundedSender<Signal>,
    report: Down,
) -> (oneshot::Receiver<()>, UnboundedSender<Signal>, oneshot::Receiver<()>) {
    let (gone_tx, gone) = oneshot::channel();
    let on_end = move |end: End| {
        if let Err(reason) = end {
            // A parent that is gone needs no report.
            let _ = parent.send(Signal::Down(Down { reason, ..report }));
        }
        drop::<oneshot::Sender<()>>(gone_tx);
    };
    let (ready, signals) = spawn(spec, shared, status, place, on_end);
    (ready, signals, gone)
}

fn spawn(
    spec: Arc<Supervisor>,
    shared: Arc<Shared>,
    status: Arc<NodeStatus>,
    place: Place,
    on_end: impl FnOnce(End) + 'static,
) -> (oneshot::Receiver<()>, UnboundedSender<Signal>) {
    let (signals_tx, signals) = mpsc::unbounded_channel();
    let (ready_tx, ready) = oneshot::channel();
    status.starting(None);
    let meter = IntensityMeter::new(spec.intensity);
    let slots = Vec::new();
    let signals_out = signals_tx.clone();
    let node = Node { spec, shared, status, place, slots, meter, signals, signals_tx };
    actix_rt::spawn(async move {
        // A supervisor that panics, by an observer's fault for instance, must not vanish silently
        // either. Its children end with it: nobody holds their control any more.
        let run = AssertUnwindSafe(node.run(ready_tx)).catch_unwind();
        let end = run
            .await
            .unwrap_or_else(|panic| Err(ExitReason::Panicked(panic_message(panic.as_ref()))));
        on_end(end);
    });
    (ready, signals_out)
}
