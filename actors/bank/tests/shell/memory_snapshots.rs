//! Snapshots in memory, whose faults the test decides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bancada_bank::SnapshotParts;
use bancada_bank::ledger::Ledger;
use bancada_bank::ports::{SnapshotError, SnapshotStore};

use bancada_testbed::MemoryJournal;

/// What the next writes do.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Room {
    #[default]
    Enough,
    None,
    /// The thread panics, once.
    Panics,
}

/// What would be on the disk; outlives every bank.
#[derive(Clone, Default)]
pub(crate) struct MemorySnapshots(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    kept: BTreeMap<u64, Ledger>,
    damaged: Vec<u64>,
    /// Positions at which one was written, or tried.
    tried: Vec<u64>,
    room: Room,
}

impl MemorySnapshots {
    /// What a bank is given that makes one every so many entries.
    pub(crate) fn every(&self, every: u64, journal: &MemoryJournal) -> Option<SnapshotParts> {
        let history = Arc::new(journal.clone());
        Some(SnapshotParts { store: Arc::new(self.clone()), history, every })
    }

    pub(crate) fn set_room(&self, room: Room) {
        self.0.lock().unwrap().room = room;
    }

    pub(crate) fn damage(&self, position: u64) {
        self.0.lock().unwrap().damaged.push(position);
    }

    pub(crate) fn tried(&self) -> Vec<u64> {
        self.0.lock().unwrap().tried.clone()
    }

    /// The newest position; 0 when there is none.
    pub(crate) fn newest(&self) -> u64 {
        self.positions().unwrap().first().copied().unwrap_or(0)
    }

    pub(crate) fn ledger(&self, position: u64) -> Ledger {
        self.0.lock().unwrap().kept[&position].clone()
    }
}

impl SnapshotStore for MemorySnapshots {
    fn positions(&self) -> Result<Vec<u64>, SnapshotError> {
        Ok(self.0.lock().unwrap().kept.keys().rev().copied().collect())
    }

    fn read(&self, position: u64) -> Result<Ledger, SnapshotError> {
        let content = self.0.lock().unwrap();
        if content.damaged.contains(&position) {
            return Err(SnapshotError::Unusable("damaged by the test".to_owned()));
        }
        Ok(content.kept[&position].clone())
    }

    fn write(&self, ledger: &Ledger) -> Result<(), SnapshotError> {
        let mut content = self.0.lock().unwrap();
        content.tried.push(ledger.position());
        match content.room {
            Room::Enough => {
                content.kept.insert(ledger.position(), ledger.clone());
                Ok(())
            }
            Room::None => Err(SnapshotError::Full),
            Room::Panics => {
                content.room = Room::Enough;
                drop(content);
                panic!("told to panic");
            }
        }
    }
}
