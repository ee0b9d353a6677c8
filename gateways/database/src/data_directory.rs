//! A service's directory: made, locked for one process, and never opened by an older program.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::private_file;

/// The layout this program writes and reads.
const LAYOUT_VERSION: u32 = 1;

/// The names of the stores that were made in a directory, one on each line.
const STORES: &str = "stores";

/// A directory that belongs to this process until it is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// Of an earlier version, which did not write down what it made.
    is_unrecorded: bool,
    /// Locked while it is open.
    _lock: File,
}

/// Why a directory cannot be used. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum DataDirectoryError {
    /// Another process has it.
    #[error(
        "the data directory {0} is in use by another process; stop it, or choose another directory \
         with --data"
    )]
    InUse(String),
    /// Made by a newer program.
    #[error(
        "the data directory {path} was made by a newer Bancada (layout {found}, this program \
         knows {LAYOUT_VERSION}); run that one, or choose another directory with --data"
    )]
    Newer {
        /// Which.
        path: String,
        /// Its layout.
        found: u32,
    },
    /// No room for even a few bytes.
    #[error("the disk of the data directory {0} is full; make room, or choose another with --data")]
    Full(String),
    /// It cannot be made or written to.
    #[error("the data directory {path} cannot be used: {cause}; choose another with --data")]
    Unusable {
        /// Which.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl DataDirectory {
    /// Makes the directory of a service, checks that it can be written to, and locks it.
    pub fn open(data: &Path, service: &str) -> Result<DataDirectory, DataDirectoryError> {
        let path = data.join(service);
        let unusable = |cause: io::Error| match cause.kind() {
            io::ErrorKind::StorageFull => DataDirectoryError::Full(path.display().to_string()),
            _ => DataDirectoryError::Unusable { path: path.display().to_string(), cause },
        };
        private_file::make_folder(&path).map_err(unusable)?;
        let lock = private_file::open_or_make(&path.join("lock")).map_err(unusable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataDirectoryError::InUse(path.display().to_string()),
            TryLockError::Error(cause) => unusable(cause),
        })?;
        check_layout(&path).map_err(unusable)?.map_or(Ok(()), |found| {
            Err(DataDirectoryError::Newer { path: path.display().to_string(), found })
        })?;
        tighten_files(&path).map_err(unusable)?;
        let is_unrecorded = !path.join(STORES).exists();
        Ok(DataDirectory { path, is_unrecorded, _lock: lock })
    }

    /// Whether a store of this name was made here: if it is not there, it was lost. An earlier
    /// version wrote nothing down, and made its stores as soon as it had made the directory.
    pub fn has_had(&self, store: &str) -> io::Result<bool> {
        Ok(self.is_unrecorded || self.stores()?.lines().any(|line| line == store))
    }

    /// Remembers that a store was made, for as long as the directory is there.
    pub fn has_made(&mut self, store: &str) -> io::Result<()> {
        if self.is_unrecorded || !self.has_had(store)? {
            let stores = if self.is_unrecorded { String::new() } else { self.stores()? };
            File::open(self.path.join(store))?.sync_all()?;
            write_durably(&self.path.join(STORES), format!("{stores}{store}\n").as_bytes())?;
            self.is_unrecorded = false;
        }
        Ok(())
    }

    fn stores(&self) -> io::Result<String> {
        fs::read_to_string(self.path.join(STORES))
    }

    /// The number that a file in it holds, from the first time on: `number` if nothing was there
    /// before. Older programs wrote no such file; `before` is what they had.
    pub fn keep_number(&self, name: &str, number: u16, before: Option<u16>) -> io::Result<u16> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| {
                let what = format!("{} holds no number", path.display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let number = before.unwrap_or(number);
                write_durably(&path, format!("{number}\n").as_bytes())?;
                Ok(number)
            }
            Err(error) => Err(error),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// The layout's version if it is newer than ours; writes ours into a new directory.
fn check_layout(path: &Path) -> io::Result<Option<u32>> {
    let file = path.join("layout-version");
    match fs::read_to_string(&file) {
        Ok(text) => {
            let found = text.trim().parse().map_err(|_| {
                let what = format!("{} does not hold a number", file.display());
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            Ok((found > LAYOUT_VERSION).then_some(found))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // In this order: a directory with a layout and without this is of an earlier version.
            write_durably(&path.join(STORES), b"")?;
            write_durably(&file, LAYOUT_VERSION.to_string().as_bytes())?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Closes what is in a directory to others: an earlier version made files as the umask said.
fn tighten_files(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_file() {
            private_file::tighten(&entry.path(), &found, private_file::FILE_MODE)?;
        }
    }
    Ok(())
}

/// Writes a file whole or not at all, readable by its owner only.
pub fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    private_file::refuse_link(path)?;
    let unfinished = path.with_extension("unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private_file::make_new(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_belongs_to_one_process_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let first = DataDirectory::open(data.path(), "bank").unwrap();
        let second = DataDirectory::open(data.path(), "bank").unwrap_err();
        assert!(matches!(second, DataDirectoryError::InUse(_)), "{second}");
        // Another service has its own.
        DataDirectory::open(data.path(), "checkout").unwrap();
        drop(first);
        DataDirectory::open(data.path(), "bank").unwrap();
    }

    #[test]
    fn a_newer_layout_is_refused_and_kept() {
        let data = tempfile::tempdir().unwrap();
        drop(DataDirectory::open(data.path(), "bank").unwrap());
        let file = data.path().join("bank/layout-version");
        for (content, expected) in [("2", "newer Bancada"), ("two", "does not hold a number")] {
            fs::write(&file, content).unwrap();
            let error = DataDirectory::open(data.path(), "bank").unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
    }

    #[test]
    fn a_path_that_is_no_directory_is_named() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("bank"), "a file").unwrap();
        let error = DataDirectory::open(data.path(), "bank").unwrap_err();
        assert!(matches!(error, DataDirectoryError::Unusable { .. }), "{error}");
        assert!(error.to_string().contains("--data"), "{error}");
    }

    #[test]
    fn a_store_that_was_made_is_remembered() {
        let data = tempfile::tempdir().unwrap();
        let mut directory = DataDirectory::open(data.path(), "bank").unwrap();
        assert!(!directory.has_had("journal.sqlite3").unwrap());
        fs::write(directory.file("journal.sqlite3"), "").unwrap();
        directory.has_made("journal.sqlite3").unwrap();
        drop(directory);
        let directory = DataDirectory::open(data.path(), "bank").unwrap();
        assert!(directory.has_had("journal.sqlite3").unwrap());
        assert!(!directory.has_had("journal-1.sqlite3").unwrap());
        drop(directory);
        // An earlier version wrote nothing down.
        fs::remove_file(data.path().join("bank/stores")).unwrap();
        let mut directory = DataDirectory::open(data.path(), "bank").unwrap();
        assert!(directory.has_had("journal-1.sqlite3").unwrap());
        directory.has_made("journal.sqlite3").unwrap();
        assert!(!directory.has_had("journal-1.sqlite3").unwrap());
        assert_eq!(
            fs::read_to_string(data.path().join("bank/stores")).unwrap(),
            "journal.sqlite3\n"
        );
    }
}
