//! Copies of stores while they are in use, and of whole directories.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::private_file;
use crate::sqlite::OpenError;

/// Copies a SQLite store as it is at one moment, beside whoever writes to it, into a file that is
/// not there yet. On return the copy survives a power cut.
pub fn store(from: &Path, to: &Path) -> Result<(), OpenError> {
    let failed = |cause| OpenError::of(from, cause);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(from, flags).map_err(failed)?;
    private_file::make_new(to)
        .map_err(|error| OpenError::NoFile { path: to.display().to_string(), error })?;
    let target = to.display().to_string();
    // An empty file is what it takes for one that is not there.
    connection.execute("VACUUM INTO ?1", [&target]).map_err(failed)?;
    File::open(to)
        .and_then(|copy| copy.sync_all())
        .map_err(|error| OpenError::NoFile { path: target, error })
}

/// Copies a file that nobody changes, into one that is not there yet and is its owner's only.
pub fn file(from: &Path, to: &Path) -> io::Result<()> {
    let mut copy = private_file::make_new(to)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()
}

/// Copies a folder with all that is in it to a place where there is none.
pub fn folder(from: &Path, to: &Path) -> io::Result<()> {
    private_file::make_folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => folder(&entry.path(), &target)?,
            kind if kind.is_file() => file(&entry.path(), &target)?,
            _ => {
                let what = format!("{} is neither a file nor a folder", entry.path().display());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            }
        }
    }
    File::open(to)?.sync_all()
}

/// Makes a folder that is its owner's only.
pub fn make_folder(path: &Path) -> io::Result<()> {
    private_file::make_folder(path)
}
