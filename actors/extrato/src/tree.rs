//! The statement's supervision tree, as data.
//!
//! ```text
//! extrato (rest-for-one, a thread of its own)
//! |- projector   owns the thread that writes statements
//! |- follower    reads the source of events and hands them to the writer
//! |- repairer    fetches what a card missed from the Bank's own past
//! |- reconciler  holds every card against the Bank, for what no gap shows
//! |- payer       asks the Bank for the payments of bills
//! `- forwarder   hands on records that could not be read, where somebody takes them
//! ```

use std::sync::Arc;

use bancada_supervision::{ChildSpec, Strategy, Supervisor};
use tokio::sync::{Notify, Semaphore};

use crate::freshness::Progress;
use crate::handle::{ExtratoHandle, Inner};
use crate::limits::Limits;
use crate::ports::{
    BillSender, DeadLetterSink, EventReader, EventRepair, EventSource, StatementReader,
    StatementStoreOpener, Surroundings,
};
use crate::reading::Reading;
use crate::shell::follower::Follower;
use crate::shell::forwarder::Forwarder;
use crate::shell::payer::Payer;
use crate::shell::projector::Projector;
use crate::shell::reconciler::Reconciler;
use crate::shell::repairer::Repairer;
use crate::shell::subscribers::Subscribers;
use crate::shell::writer_thread::{WriterParts, WriterQueue};

/// Payments of bills that are being written down at once.
const MAX_BILLS: usize = 64;

/// What the statement is made of.
pub struct ExtratoParts {
    /// Opens the store for its writer.
    pub store: Arc<dyn StatementStoreOpener>,
    /// Reads the store, beside the writer.
    pub reader: Arc<dyn StatementReader>,
    /// Where events come from.
    pub source: Arc<dyn EventSource>,
    /// Where events that were lost on their way come from.
    pub repair: Arc<dyn EventRepair>,
    /// Reads records again that could not be read.
    pub event_reader: Arc<dyn EventReader>,
    /// The way to the Bank for payments of bills.
    pub bills: Arc<dyn BillSender>,
    /// Where records go that could not be read, beside the rows.
    pub dead_letters: Option<Arc<dyn DeadLetterSink>>,
    /// Clock and randomness.
    pub surroundings: Arc<dyn Surroundings>,
    /// How much at once.
    pub limits: Limits,
}

/// The statement as a subtree, and the handle to it.
pub fn extrato(parts: ExtratoParts) -> (Supervisor, ExtratoHandle) {
    let (supervisor, handle) = on_parents_thread(parts);
    (supervisor.on_own_arbiter(), handle)
}

/// The same subtree on its parent's thread, where a test's clock rules.
pub(crate) fn on_parents_thread(parts: ExtratoParts) -> (Supervisor, ExtratoHandle) {
    let ExtratoParts { store, reader, source, repair, event_reader, bills, .. } = parts;
    let ExtratoParts { dead_letters, surroundings, limits, .. } = parts;
    let (writer, progress) = (WriterQueue::default(), Progress::new());
    let (subscribers, wake) = (Subscribers::new(limits), Arc::new(Notify::new()));
    let put_aside = Arc::new(Notify::new());

    let writer_parts = WriterParts {
        surroundings: Arc::clone(&surroundings),
        progress: progress.clone(),
        subscribers: subscribers.clone(),
        repair: Arc::clone(&wake),
        put_aside: Arc::clone(&put_aside),
    };
    let queue = writer.clone();
    let projector = ChildSpec::permanent("projector", move |_| {
        Projector::new(Arc::clone(&store), queue.clone(), writer_parts.clone())
    });
    let follower = Follower {
        source,
        bank: Arc::clone(&repair),
        writer: writer.clone(),
        progress: progress.clone(),
        surroundings: Arc::clone(&surroundings),
    };
    let follower = ChildSpec::permanent("follower", move |_| follower.clone());
    let reconciler = Reconciler {
        repair: Arc::clone(&repair),
        writer: writer.clone(),
        progress: progress.clone(),
    };
    let reconciler = ChildSpec::permanent("reconciler", move |_| reconciler.clone());
    let repairer = Repairer {
        repair,
        writer: writer.clone(),
        progress: progress.clone(),
        surroundings: Arc::clone(&surroundings),
        wake,
    };
    let repairer = ChildSpec::permanent("repairer", move |_| repairer.clone());
    let bill_asked = Arc::new(Notify::new());
    let payer = Payer {
        bills,
        writer: writer.clone(),
        progress: progress.clone(),
        surroundings: Arc::clone(&surroundings),
        wake: Arc::clone(&bill_asked),
    };
    let payer = ChildSpec::permanent("payer", move |_| payer.clone());

    let mut supervisor = Supervisor::new("extrato", Strategy::RestForOne)
        .child(projector)
        .child(follower)
        .child(repairer)
        .child(reconciler)
        .child(payer);
    if let Some(sink) = dead_letters {
        let forwarder = Forwarder {
            sink,
            writer: writer.clone(),
            surroundings: Arc::clone(&surroundings),
            wake: put_aside,
        };
        let forwarder = ChildSpec::permanent("forwarder", move |_| forwarder.clone());
        supervisor = supervisor.child(forwarder);
    }
    let reading = Reading::new(reader, limits.max_readers, writer.clone());
    let handle = ExtratoHandle::new(Inner {
        reading,
        progress,
        subscribers,
        surroundings,
        writer,
        event_reader,
        bill_asked,
        bills_in_progress: Semaphore::new(MAX_BILLS),
    });
    (supervisor, handle)
}
