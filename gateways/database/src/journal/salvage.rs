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
    /// An error is no damage: the disk is full, or a newer program wrote the journal. Nothing may
    /// be given up for it.
    pub fn read(&self, each: &mut dyn FnMut(Entry)) -> Result<Option<String>, JournalError> {
        if !self.copy.exists() {
            return Ok(None);
        }
        let journal = SqliteJournal::new(&self.copy, self.shard, None);
        match journal.open().and_then(|mut store| store.replay(0, each)) {
            Ok(()) => Ok(None),
            Err(damage) if damage.is_loss() => Ok(Some(damage.to_string())),
            Err(error) => Err(error),
        }
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
        self.read(&mut |entry| {
            batch.push(entry);
            if batch.len() == BATCH {
                written = written.clone().and_then(|()| store.append(&batch));
                batch.clear();
            }
        })?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use bancada_record::decode;
    use bancada_record::examples::{of_next_version, version_1};

    /// A journal in which the last record is this one.
    fn journal_with(folder: &Path, last: &[u8]) -> PathBuf {
        let path = folder.join("journal.sqlite3");
        let mut store = SqliteJournal::new(&path, 0, None).open().unwrap();
        let entries = decode(&version_1()).unwrap();
        store.append(&entries[..2]).unwrap();
        store.append(&entries[2..]).unwrap();
        drop(store);
        let change = "UPDATE record SET record = ?1 WHERE id = (SELECT max(id) FROM record)";
        rusqlite::Connection::open(&path).unwrap().execute(change, [last]).unwrap();
        path
    }

    #[test]
    fn what_a_newer_program_wrote_is_no_damage_and_is_never_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let newer = of_next_version(b"whatever it is");
        let path = journal_with(folder.path(), &newer);
        let read = |path: &Path| Salvage::begin(path, 0).unwrap().read(&mut |_| {});
        assert!(matches!(read(&path), Err(JournalError::Newer(_))), "{:?}", read(&path));
        let last = decode(&version_1()).unwrap().pop().unwrap();
        assert!(Salvage::begin(&path, 0).unwrap().replace(last).is_err());
        assert_eq!(journal_end(&path), newer, "the journal is as it was");
    }

    #[test]
    fn what_is_behind_a_damage_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_with(folder.path(), b"rubbish");
        let mut n_whole = 0;
        let salvage = Salvage::begin(&path, 0).unwrap();
        let damage = salvage.read(&mut |_| n_whole += 1).unwrap();
        assert!(damage.is_some_and(|it| it.contains("position 3")));
        assert_eq!(n_whole, 2);
        let last = decode(&version_1()).unwrap().remove(2);
        let aside = salvage.replace(last.clone()).unwrap().unwrap();
        assert_eq!(journal_end(&aside), b"rubbish");
        let mut entries = Vec::new();
        let mut store = SqliteJournal::new(&path, 0, None).open().unwrap();
        store.replay(0, &mut |entry| entries.push(entry)).unwrap();
        assert_eq!((entries.len(), entries.pop()), (3, Some(last)));
    }

    fn journal_end(path: &Path) -> Vec<u8> {
        let last = "SELECT record FROM record ORDER BY id DESC LIMIT 1";
        rusqlite::Connection::open(path).unwrap().query_row(last, (), |row| row.get(0)).unwrap()
    }
}
