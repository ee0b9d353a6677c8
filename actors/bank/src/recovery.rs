//! The ledger from the newest snapshot that can be used and the journal's tail; from the whole
//! journal where there is none; and whether the journal has all that anybody knows of.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bancada_kernel::Currency;

use crate::ledger::{Entry, Ledger};
use crate::ports::{JournalError, SnapshotStore};
use crate::proof::{Found, Knowledge, Looked, Witness, judge};

/// Where a ledger is recovered from, besides the journal.
#[derive(Clone)]
pub struct Recovery {
    currency: Currency,
    snapshots: Option<Arc<dyn SnapshotStore>>,
    /// Where the newest usable snapshot is, or where it was last tried to make one.
    pub(crate) snapshot_at: Arc<AtomicU64>,
    tell: fn(&str),
}

/// What was recovered.
pub struct Recovered {
    /// As of the journal's end.
    pub ledger: Ledger,
    /// The position of the snapshot it began with; 0 for the whole journal.
    pub snapshot: u64,
    /// What the journal holds at the positions that were looked for, where it was read.
    found: Vec<Found>,
    /// What snapshots know that could not be begun with.
    witnesses: Vec<Witness>,
}

/// A ledger from a snapshot, which the journal has yet to confirm.
struct Candidate {
    ledger: Ledger,
    /// Whether the entry at the snapshot's position is the one it was made after.
    fits: Option<bool>,
    found: Vec<Found>,
}

impl Candidate {
    /// A ledger to which every entry is applied (`fits`), or to which the first one is compared.
    fn new(ledger: Ledger, fits: Option<bool>) -> Candidate {
        Candidate { ledger, fits, found: Vec::new() }
    }

    fn follow(&mut self, entry: &Entry, looked_for: &[u64]) {
        let Candidate { ledger, fits, found } = self;
        let event = &entry.event;
        match fits {
            None => {
                let first = (event.position, Some(event.event_id));
                *fits = Some(first == (ledger.position(), ledger.last_event()));
            }
            Some(true) => ledger.apply(entry),
            Some(false) => {}
        }
        if *fits == Some(true) && looked_for.contains(&event.position) {
            let (position, chain) = (event.position, ledger.mark().chain);
            found.push(Found { position, event: event.hash(), chain });
        }
    }

    fn recovered(self, snapshot: u64, witnesses: Vec<Witness>) -> Recovered {
        Recovered { ledger: self.ledger, snapshot, found: self.found, witnesses }
    }
}

impl Recovery {
    /// From snapshots, where there are some, and the journal of a Bank of this currency. `tell`
    /// hears why a snapshot is passed over.
    pub fn new(
        currency: Currency,
        snapshots: Option<Arc<dyn SnapshotStore>>,
        tell: fn(&str),
    ) -> Recovery {
        Recovery { currency, snapshots, snapshot_at: Arc::default(), tell }
    }

    /// Recovers what `replay` has, which hands over every entry after a position, in order; an
    /// error of its own where it lacks what a witness or a snapshot knows of.
    pub fn recover_proven(
        &self,
        heard: Vec<Witness>,
        replay: impl FnMut(u64, &mut dyn FnMut(Entry)) -> Result<(), JournalError>,
    ) -> Result<Recovered, JournalError> {
        let looked_for: Vec<u64> = heard.iter().filter_map(Witness::position).collect();
        let recovered = self.recover(&looked_for, replay)?;
        let Recovered { ledger, found, witnesses, .. } = &recovered;
        let has_payment = |id| ledger.payment(id).is_some();
        let looked = Looked { end: ledger.position(), found, has_payment: &has_payment };
        judge(&looked, &[heard, witnesses.clone()].concat())?;
        Ok(recovered)
    }

    /// Recovers what `replay` has: it hands over every entry after a position, in order. What it
    /// holds at some positions is looked at meanwhile.
    ///
    /// A snapshot is believed only if the journal has its last entry. One that cannot be begun with
    /// still knows that there was an entry at its position: whether the journal lacks that is
    /// [`judge`](crate::proof::judge)'s to say.
    pub(crate) fn recover(
        &self,
        looked_for: &[u64],
        mut replay: impl FnMut(u64, &mut dyn FnMut(Entry)) -> Result<(), JournalError>,
    ) -> Result<Recovered, JournalError> {
        let mut looked_for = looked_for.to_vec();
        let mut witnesses = Vec::new();
        for snapshot in self.positions() {
            let ledger = self.read(snapshot);
            let knows = match &ledger {
                Some(ledger) => Knowledge::Past(ledger.mark()),
                None => Knowledge::Event(snapshot, None),
            };
            if let Some(ledger) = ledger {
                let mut candidate = Candidate::new(ledger, None);
                let each = &mut |entry: Entry| candidate.follow(&entry, &looked_for);
                replay(snapshot.saturating_sub(1), each)?;
                if candidate.fits == Some(true) {
                    return Ok(candidate.recovered(snapshot, witnesses));
                }
                self.passed_over(snapshot, "it is not one of this journal");
            }
            looked_for.push(snapshot);
            let who = format!("the snapshot of position {snapshot}");
            witnesses.push(Witness { who, knows });
        }
        let mut whole = Candidate::new(Ledger::new(self.currency), Some(true));
        replay(0, &mut |entry| whole.follow(&entry, &looked_for))?;
        Ok(whole.recovered(0, witnesses))
    }

    fn positions(&self) -> Vec<u64> {
        let positions = self.snapshots.as_ref().map(|snapshots| snapshots.positions());
        positions.unwrap_or(Ok(Vec::new())).unwrap_or_else(|error| {
            (self.tell)(&format!("snapshots cannot be found, the whole journal is read: {error}"));
            Vec::new()
        })
    }

    fn read(&self, snapshot: u64) -> Option<Ledger> {
        let read = self.snapshots.as_ref()?.read(snapshot);
        let is_it =
            |ledger: &Ledger| ledger.position() == snapshot && ledger.currency() == self.currency;
        match read {
            Ok(ledger) if is_it(&ledger) => return Some(ledger),
            Ok(_) => self.passed_over(snapshot, "it is another than its name says"),
            Err(error) => self.passed_over(snapshot, &error.to_string()),
        }
        None
    }

    fn passed_over(&self, snapshot: u64, why: &str) {
        (self.tell)(&format!(
            "the snapshot of position {snapshot} is passed over, for an older one or the whole \
             journal: {why}"
        ));
    }
}
