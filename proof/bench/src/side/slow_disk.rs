//! A journal whose syncs take a fixed time, so that what a group commit is worth does not depend
//! on the minute in which it is measured.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{JournalError, JournalOpener, JournalStore};

/// How syncs happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syncs {
    /// One for everything that waits, as the Bank does.
    PerBatch,
    /// One for each entry, as a server without group commit does.
    PerEntry,
}

/// Another journal, with a delay after each of its syncs.
pub(crate) struct SlowDisk {
    pub(crate) inner: Arc<dyn JournalOpener>,
    pub(crate) syncs: Syncs,
    pub(crate) delay: Duration,
}

impl JournalOpener for SlowDisk {
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError> {
        Ok(Box::new(Store { inner: self.inner.open()?, syncs: self.syncs, delay: self.delay }))
    }
}

struct Store {
    inner: Box<dyn JournalStore>,
    syncs: Syncs,
    delay: Duration,
}

impl JournalStore for Store {
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        self.inner.replay(after, each)
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let size = match self.syncs {
            Syncs::PerBatch => entries.len().max(1),
            Syncs::PerEntry => 1,
        };
        for batch in entries.chunks(size) {
            self.inner.append(batch)?;
            wait(self.delay);
        }
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        self.inner.has_room()
    }
}

fn wait(delay: Duration) {
    let (_sender, nobody) = mpsc::channel::<()>();
    // Its sender lives, so that it always times out.
    let _ = nobody.recv_timeout(delay);
}
