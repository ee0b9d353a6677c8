//! The high-water mark beside the journal, as a file of its own keeps it.

use bancada_bank::ledger::Entry;
use bancada_bank::proof::{Knowledge, Mark, Witness};

/// It is synced behind every so many writes: when there is time.
const SYNC_EVERY: u64 = 64;

/// What is written, and what of it survives a power cut.
#[derive(Default)]
pub(super) struct MarkFile {
    written: Mark,
    durable: Mark,
    n_written: u64,
}

impl MarkFile {
    /// Behind a commit of these entries.
    pub(super) fn follow(&mut self, entries: &[Entry]) {
        for entry in entries {
            let chain = self.written.chain.then(entry.event.hash());
            self.written = Mark { position: entry.event.position, chain };
        }
        self.n_written += 1;
        if self.n_written.is_multiple_of(SYNC_EVERY) {
            self.durable = self.written;
        }
    }

    pub(super) fn cut_power(&mut self) {
        self.written = self.durable;
    }

    /// What it knows.
    pub(super) fn witness(&self) -> Witness {
        Witness { who: "the mark".to_owned(), knows: Knowledge::Past(self.written) }
    }

    /// Begins at what was found in a journal that is whole.
    pub(super) fn begin(&mut self, mark: Mark) {
        self.written = mark;
    }

    pub(super) fn position(&self) -> u64 {
        self.written.position
    }
}
