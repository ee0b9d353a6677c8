//! The Bank's snapshots, each durable from the moment it is written.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bancada_bank::ledger::Ledger;
use bancada_bank::ports::{SnapshotError, SnapshotStore};

/// As many as the real store keeps.
const N_KEPT: usize = 2;

/// In the order in which they were written.
#[derive(Default)]
pub(super) struct Snapshots(Mutex<Vec<Ledger>>);

impl Snapshots {
    fn kept(&self) -> MutexGuard<'_, Vec<Ledger>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The position of the newest; 0 where there is none.
    pub(super) fn newest(&self) -> u64 {
        self.kept().last().map_or(0, Ledger::position)
    }
}

impl SnapshotStore for Snapshots {
    fn positions(&self) -> Result<Vec<u64>, SnapshotError> {
        Ok(self.kept().iter().rev().map(Ledger::position).collect())
    }

    fn read(&self, position: u64) -> Result<Ledger, SnapshotError> {
        let found = self.kept().iter().find(|ledger| ledger.position() == position).cloned();
        found.ok_or_else(|| SnapshotError::Failed("it is not there".to_owned()))
    }

    fn write(&self, ledger: &Ledger) -> Result<(), SnapshotError> {
        let mut kept = self.kept();
        kept.push(ledger.clone());
        let surplus = kept.len().saturating_sub(N_KEPT);
        kept.drain(..surplus);
        Ok(())
    }
}
