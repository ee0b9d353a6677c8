//! The ledger from the newest snapshot that can be used and the journal's tail; from the whole
//! journal where there is none.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bancada_kernel::Currency;

use crate::ledger::{Entry, Ledger};
use crate::ports::{JournalError, SnapshotStore};

/// Where a ledger is recovered from, besides the journal.
#[derive(Clone)]
pub(crate) struct Recovery {
    pub(crate) currency: Currency,
    pub(crate) snapshots: Option<Arc<dyn SnapshotStore>>,
    /// Where the newest usable snapshot is, or where it was last tried to make one.
    pub(crate) snapshot_at: Arc<AtomicU64>,
}

/// What was recovered.
pub(crate) struct Recovered {
    pub(crate) ledger: Ledger,
    /// The position of the snapshot it began with; 0 for the whole journal.
    pub(crate) snapshot: u64,
}

/// A ledger from a snapshot, which the journal has yet to confirm.
struct Candidate {
    ledger: Ledger,
    /// Whether the entry at the snapshot's position is the one it was made after.
    fits: Option<bool>,
}

impl Candidate {
    fn follow(&mut self, entry: &Entry) {
        let Candidate { ledger, fits } = self;
        match fits {
            None => {
                let event = &entry.event;
                let found = (event.position, Some(event.event_id));
                *fits = Some(found == (ledger.position(), ledger.last_event()));
            }
            Some(true) => ledger.apply(entry),
            Some(false) => {}
        }
    }
}

impl Recovery {
    /// Recovers what `replay` has: it hands over every entry after a position, in order.
    ///
    /// A snapshot is believed only if the journal has its last entry: after a backup was put back
    /// in place, the journal may be shorter than a snapshot, or another one.
    pub(crate) fn recover(
        &self,
        mut replay: impl FnMut(u64, &mut dyn FnMut(Entry)) -> Result<(), JournalError>,
    ) -> Result<Recovered, JournalError> {
        for snapshot in self.positions() {
            let Some(ledger) = self.read(snapshot) else { continue };
            let mut candidate = Candidate { ledger, fits: None };
            replay(snapshot.saturating_sub(1), &mut |entry| candidate.follow(&entry))?;
            if candidate.fits == Some(true) {
                return Ok(Recovered { ledger: candidate.ledger, snapshot });
            }
            tracing::warn!(
                snapshot,
                "the snapshot is not one of this journal; an older one is tried, or the whole \
                 journal is read"
            );
        }
        let mut ledger = Ledger::new(self.currency);
        replay(0, &mut |entry| ledger.apply(&entry))?;
        Ok(Recovered { ledger, snapshot: 0 })
    }

    fn positions(&self) -> Vec<u64> {
        let positions = self.snapshots.as_ref().map(|snapshots| snapshots.positions());
        positions.unwrap_or(Ok(Vec::new())).unwrap_or_else(|error| {
            tracing::warn!(%error, "snapshots cannot be found, the whole journal is read");
            Vec::new()
        })
    }

    fn read(&self, snapshot: u64) -> Option<Ledger> {
        let read = self.snapshots.as_ref()?.read(snapshot);
        let is_it =
            |ledger: &Ledger| ledger.position() == snapshot && ledger.currency() == self.currency;
        match read {
            Ok(ledger) if is_it(&ledger) => return Some(ledger),
            Ok(_) => tracing::warn!(snapshot, "the snapshot is not what it is called; passed over"),
            Err(error) => tracing::warn!(
                snapshot,
                %error,
                "a snapshot is passed over; an older one is tried, or the whole journal is read"
            ),
        }
        None
    }
}
