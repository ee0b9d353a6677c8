//! What is whole at the beginning of a journal that lost something, and a new journal of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{JournalError, JournalOpener as _};

use super::SqliteJournal;
use crate::copy;
use crate::log_scan::log_of;
use crate::replace::{put_in_place, remove_store};

/// Entries of one commit of the new journal.
const BATCH: usize = 1_000;

/// A shard's journal that nobody has open, read through a copy: opening one changes its log.
#[derive(Debug)]
pub struct Salvage {
    journal: PathBuf,
    copy: PathBuf,
    shard: u16,
}

impl Salvage {
    /// Copies the journal beside itself. One that is missing has nothing that is whole.
    pub fn begin(journal: &Path, shard: u16) -> io::Result<Salvage> {
        let salvage = Salvage {
            journal: journal.to_owned(),
            copy: journal.with_extension("salvage.sqlite3"),
            shard,
        };
        remove_store(&salvage.copy)?;
        if journal.exists() {
            copy::file(journal, &salvage.copy)?;
            if log_of(journal).exists() {
                copy::file(&log_of(journal), &log_of(&salvage.copy))?;
            }
        }
        Ok(salvage)
    }

    /// Hands over every entry up to the first damage; the result is what that is, if there is one.
    pub fn read(&self, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        if !self.copy.exists() {
            return Ok(());
        }
        let journal = SqliteJournal::new(&self.copy, self.shard, None);
        journal.open()?.replay(0, each)
    }

    /// Puts a journal of what is whole, and this entry behind it, in the old one's place. The
    /// result is where the old one is; `None` where there was none. A crash leaves the old one, or
    /// its file without its log, or the new one.
    pub fn replace(self, last: Entry) -> Result<Option<PathBuf>, JournalError> {
        let failed = |error: io::Error| JournalError::Failed(error.to_string());
        let new = self.journal.with_extension("new.sqlite3");
        remove_store(&new).map_err(failed)?;
        let mut store = SqliteJournal::new(&new, self.shard, None).open()?;
        store.replay(0, &mut |_| {})?;
        let (mut batch, mut written) = (Vec::with_capacity(BATCH), Ok(()));
        // Where it ends is known already.
        let _ = self.read(&mut |entry| {
            batch.push(entry);
            if batch.len() == BATCH && written.is_ok() {
                written = store.append(&batch);
                batch.clear();
            }
        });
        written?;
        batch.push(last);
        store.append(&batch)?;
        drop(store);
        // All of it goes into the file, so that it has no log when it gets its name.
        SqliteJournal::new(&new, self.shard, None).open()?.replay(0, &mut |_| {})?;
        let _ = fs::remove_file(log_of(&new));
        put_in_place(&new, &self.journal).map_err(failed)
    }
}

impl Drop for Salvage {
    fn drop(&mut self) {
        if let Err(error) = remove_store(&self.copy) {
            tracing::warn!(%error, "a copy of the journal is left");
        }
    }
}
