//! The Bank's supervision tree, as data.
//!
//! ```text
//! bank (rest-for-one, a thread of its own), or with several shards
//! bank (one-for-one) with shard-0, shard-1, ... (each like this)
//! |- journal   owns the thread that writes; everything after it depends on it
//! |- ledger    the single writer's state, loaded from a snapshot and the journal
//! |- outbox    delivers committed events to a broker, where there is one
//! `- snapshots makes the next start a short one
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use bancada_kernel::{Currency, ShardCount, ShardCountError};
use bancada_supervision::{ChildSpec, InFlight, Link, Strategy, Supervisor};
use tokio::sync::Semaphore;

use crate::feed::Feed;
use crate::handle::{BankHandle, Inner};
use crate::ports::{
    DeliveryCursor, EventHistory, EventPublisher, HighWaterMark, JournalOpener, SnapshotStore,
    Surroundings, Witnesses,
};
use crate::recovery::Recovery;
use crate::routing::ShardLink;
use crate::shards::KeyHomes;
use crate::shards::Part;
use crate::shell::journal::{Journal, JournalQueue, MakeThread};
use crate::shell::journal_thread::JournalThread;
use crate::shell::ledger::LedgerActor;
use crate::shell::ledger_mail::Reload;
use crate::shell::mark_writer::MarkWriter;
use crate::shell::outbox::{Outbox, OutboxParts};
use crate::shell::snapshots::{Maker, Snapshots};
use crate::vault::Vault;

/// What the Bank is made of.
pub struct BankParts {
    /// The one currency of its books.
    pub currency: Currency,
    /// Makes tokens and hashes.
    pub vault: Vault,
    /// Clock, ids and observers.
    pub surroundings: Arc<dyn Surroundings>,
    /// Requests in progress at once; more are refused as overload.
    pub max_in_flight: usize,
    /// The parts of each shard, in order: 1 to 64, and always as many as when its first card was
    /// issued.
    pub shards: Vec<ShardParts>,
}

/// What one shard is made of.
pub struct ShardParts {
    /// Opens the journal.
    pub journal: Arc<dyn JournalOpener>,
    /// Reads the journal's past.
    pub history: Arc<dyn EventHistory>,
    /// How a start sees that the journal has everything that somebody was told of.
    pub proof: ProofParts,
    /// Where events are delivered, besides the feed.
    pub broker: Option<(Arc<dyn EventPublisher>, Arc<dyn DeliveryCursor>)>,
    /// What bounds the time of a start; without it, the whole journal is read each time.
    pub snapshots: Option<SnapshotParts>,
}

/// Opens a mark, or says why it cannot be opened.
pub type OpenMark = Arc<dyn Fn() -> Result<Box<dyn HighWaterMark>, String> + Send + Sync>;

/// What is known of the journal besides it.
#[derive(Clone, Default)]
pub struct ProofParts {
    /// Opens the mark, whenever the journal is opened; without it, a lost end is seen by others
    /// or not at all.
    pub mark: Option<OpenMark>,
    /// Who else knows of it.
    pub witnesses: Option<Arc<dyn Witnesses>>,
}

/// Where snapshots are kept, and how often one is made.
pub struct SnapshotParts {
    /// Where they are kept.
    pub store: Arc<dyn SnapshotStore>,
    /// Reads the journal's past for them: a connection of their own, so that nobody waits for a
    /// reader whose work can wait.
    pub history: Arc<dyn EventHistory>,
    /// One is made when the journal has grown by this many entries.
    pub every: u64,
}

/// The Bank as a subtree, and the handle to it; an error for a number of shards that no Bank has.
pub fn bank(parts: BankParts) -> Result<(Supervisor, BankHandle), ShardCountError> {
    let BankParts { currency, vault, surroundings, max_in_flight, shards } = parts;
    let count = ShardCount::new(u32::try_from(shards.len()).unwrap_or(u32::MAX))?;
    let homes = (count != ShardCount::ONE).then(|| Arc::new(KeyHomes::new()));
    let common = Common { currency, surroundings: Arc::clone(&surroundings), max_in_flight };
    let mut built = count.shards().zip(shards).map(|(shard, parts)| {
        let part = Part { shard, count, homes: homes.clone(), has_loaded: Arc::default() };
        // The only one is the Bank.
        let name = match count {
            ShardCount::ONE => "bank".to_owned(),
            _ => format!("shard-{}", shard.number()),
        };
        build(&name, part, parts, &common)
    });
    let mut links = Vec::new();
    let supervisor = if count == ShardCount::ONE {
        let (supervisor, link) = built.next().ok_or(ShardCountError::of(0))?;
        links.push(link);
        supervisor
    } else {
        built.fold(Supervisor::new("bank", Strategy::OneForOne), |bank, (supervisor, link)| {
            links.push(link);
            bank.supervisor(supervisor)
        })
    };
    let permits = Arc::new(Semaphore::new(max_in_flight));
    let inner = Inner { count, shards: links, homes, vault, surroundings, permits };
    Ok((supervisor, BankHandle::new(inner)))
}

/// What all shards have in common.
struct Common {
    currency: Currency,
    surroundings: Arc<dyn Surroundings>,
    max_in_flight: usize,
}

fn build(name: &str, part: Part, parts: ShardParts, common: &Common) -> (Supervisor, ShardLink) {
    let queue = JournalQueue::default();
    let ledger = Link::new();
    let in_flight = InFlight::new();
    let is_full = Arc::new(AtomicBool::new(false));
    let is_loaded = Arc::new(AtomicBool::new(false));
    let has_loaded = Arc::clone(&part.has_loaded);
    let feed = Feed::new(part.shard, parts.history);
    let snapshots = parts.snapshots.as_ref().map(|snapshots| Arc::clone(&snapshots.store));
    let recovery = Recovery::new(common.currency, snapshots, |why| tracing::warn!("{why}"));

    let make_thread = make_thread(
        recovery.clone(),
        parts.journal,
        parts.proof,
        feed.clone(),
        Arc::clone(&common.surroundings),
        Arc::clone(&is_full),
        ledger.clone(),
    );
    let journal_queue = queue.clone();
    let journal = ChildSpec::permanent("journal", move |_| {
        Journal::new(Arc::clone(&make_thread), journal_queue.clone())
    });

    let maker = parts.snapshots.map(|SnapshotParts { store, history, every }| Maker {
        recovery,
        store,
        history,
        feed: feed.clone(),
        surroundings: Arc::clone(&common.surroundings),
        every,
        is_busy: Arc::default(),
        is_scrubbed: Arc::default(),
    });
    let (surroundings, capacity) = (Arc::clone(&common.surroundings), common.max_in_flight);
    let (loaded, full) = (Arc::clone(&is_loaded), Arc::clone(&is_full));
    let ledger_actor = ChildSpec::permanent("ledger", move |_| {
        let surroundings = Arc::clone(&surroundings);
        let (loaded, full) = (Arc::clone(&loaded), Arc::clone(&full));
        LedgerActor::new(part.clone(), queue.clone(), surroundings, capacity, loaded, full)
    })
    .link(&ledger)
    .in_flight(&in_flight);

    let mut supervisor = Supervisor::new(name, Strategy::RestForOne)
        .on_own_arbiter()
        .child(journal)
        .child(ledger_actor);
    let mut delivered = None;
    if let Some((publisher, cursor)) = parts.broker {
        let position = Arc::new(AtomicU64::new(0));
        delivered = Some(Arc::clone(&position));
        let outbox = OutboxParts { feed: feed.clone(), publisher, cursor, delivered: position };
        supervisor =
            supervisor.child(ChildSpec::permanent("outbox", move |_| Outbox::new(outbox.clone())));
    }
    if let Some(maker) = maker {
        let snapshots = ChildSpec::permanent("snapshots", move |_| Snapshots::new(maker.clone()));
        supervisor = supervisor.child(snapshots);
    }

    (supervisor, ShardLink { ledger, in_flight, is_loaded, has_loaded, is_full, feed, delivered })
}

fn make_thread(
    recovery: Recovery,
    opener: Arc<dyn JournalOpener>,
    proof: ProofParts,
    feed: Feed,
    surroundings: Arc<dyn Surroundings>,
    is_full: Arc<AtomicBool>,
    ledger: Link<LedgerActor>,
) -> MakeThread {
    Arc::new(move || {
        let ledger = ledger.clone();
        let store = opener.open().inspect_err(|error| {
            if error.is_final() {
                surroundings.refuse_to_start(error);
            }
        });
        Ok(JournalThread {
            store: store.map_err(|error| error.to_string())?,
            mark: MarkWriter::new(proof.mark.as_ref().map(|open| open()).transpose()?),
            witnesses: proof.witnesses.clone(),
            recovery: recovery.clone(),
            feed: feed.clone(),
            surroundings: Arc::clone(&surroundings),
            is_full: Arc::clone(&is_full),
            ask_reload: Box::new(move || {
                // A ledger that is gone loads when it is back.
                if let Some(addr) = ledger.get() {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "a signal that must not be lost"
                    )]
                    addr.do_send(Reload {});
                }
            }),
            is_stale: false,
            ended: None,
        })
    })
}
