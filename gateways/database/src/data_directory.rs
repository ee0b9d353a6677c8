//! A service's directory: made, locked for one process, and never opened by an older program.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The layout this program writes and reads.
const LAYOUT_VERSION: u32 = 1;

/// A directory that belongs to this process until it is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
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
        fs::create_dir_all(&path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unusable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataDirectoryError::InUse(path.display().to_string()),
            TryLockError::Error(cause) => unusable(cause),
        })?;
        check_layout(&path).map_err(unusable)?.map_or(Ok(()), |found| {
            Err(DataDirectoryError::Newer { path: path.display().to_string(), found })
        })?;
        Ok(DataDirectory { path, _lock: lock })
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
                let mut file = File::create(&path)?;
                writeln!(file, "{number}")?;
                file.sync_all()?;
                File::open(&self.path)?.sync_all()?;
                Ok(number)
            }
            Err(error) => Err(error),
        }
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// A secret of 32 bytes in a file that is made once, with `make`.
pub fn secret(path: &Path, make: impl FnOnce() -> [u8; 32]) -> io::Result<[u8; 32]> {
    let mut secret = [0; 32];
    match File::open(path) {
        Ok(mut file) => file.read_exact(&mut secret)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            secret = make();
            write_durably(path, &secret)?;
        }
        Err(error) => return Err(error),
    }
    Ok(secret)
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
            write_durably(&file, LAYOUT_VERSION.to_string().as_bytes())?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Writes a file whole or not at all, readable by its owner only.
fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
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
    fn a_secret_is_made_once() {
        let data = tempfile::tempdir().unwrap();
        let directory = DataDirectory::open(data.path(), "bank").unwrap();
        assert_eq!(secret(&directory.file("key"), || [1; 32]).unwrap(), [1; 32]);
        assert_eq!(secret(&directory.file("key"), || [2; 32]).unwrap(), [1; 32]);
    }
}
