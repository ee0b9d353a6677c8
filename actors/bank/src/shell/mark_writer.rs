//! Writes the high-water mark behind each commit.

use crate::ledger::Entry;
use crate::ports::HighWaterMark;
use crate::proof::{Knowledge, Mark, Witness};

/// The mark of one journal, and where it is kept.
pub(crate) struct MarkWriter {
    kept: Option<Box<dyn HighWaterMark>>,
    now: Mark,
    is_synced: bool,
    /// Whether a failure was told: each commit would tell it again.
    has_failed: bool,
}

impl MarkWriter {
    /// A mark that is kept nowhere is written nowhere.
    pub(crate) fn new(kept: Option<Box<dyn HighWaterMark>>) -> MarkWriter {
        MarkWriter { kept, now: Mark::default(), is_synced: true, has_failed: false }
    }

    /// What it knows of the journal.
    pub(crate) fn witness(&mut self) -> Option<Witness> {
        let kept = self.kept.as_mut()?;
        let mark = kept.read()?;
        Some(Witness { who: kept.place(), knows: Knowledge::Past(mark) })
    }

    /// Begins at what was found in a journal that is whole.
    pub(crate) fn begin(&mut self, mark: Mark) {
        self.now = mark;
        self.write();
    }

    /// Follows a commit.
    pub(crate) fn follow(&mut self, entries: &[Entry]) {
        for entry in entries {
            let chain = self.now.chain.then(entry.event.hash());
            self.now = Mark { position: entry.event.position, chain };
        }
        self.write();
    }

    /// Makes it survive a power cut, where it does not yet.
    pub(crate) fn sync(&mut self) {
        let Some(kept) = self.kept.as_mut().filter(|_| !self.is_synced) else { return };
        match kept.sync() {
            Ok(()) => self.is_synced = true,
            Err(error) => self.tell(&error),
        }
    }

    /// Payments are durable without it: a mark that is behind proves less, and is never wrong.
    fn write(&mut self) {
        let Some(kept) = &mut self.kept else { return };
        match kept.write(self.now) {
            Ok(()) => (self.is_synced, self.has_failed) = (false, false),
            Err(error) => self.tell(&error),
        }
    }

    fn tell(&mut self, error: &str) {
        if !std::mem::replace(&mut self.has_failed, true) {
            tracing::error!(
                error,
                "the high-water mark cannot be written: a loss of the journal would not be seen"
            );
        }
    }
}
