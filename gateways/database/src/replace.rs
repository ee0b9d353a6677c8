//! Puts a new store in the place of one that is damaged, and keeps the damaged one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::log_scan::log_of;

/// Gives the new file the old one's name, and the old one, with its log, a name that says when it
/// was last written to: `NAME.damaged-SECONDS.sqlite3`. The result is that name; `None` where there
/// was no old file. Nobody has either open, and the new one has no log.
pub(crate) fn put_in_place(new: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    let aside = if path.exists() { Some(free_name(path)?) } else { None };
    let log = log_of(path);
    // The old file stays where it is until the new one takes its name: no crash leaves none. Its
    // log goes before, for it must never lie beside the new one.
    if let Some(aside) = &aside {
        fs::hard_link(path, aside)?;
        if log.exists() {
            fs::rename(&log, log_of(aside))?;
        }
    } else if log.exists() {
        fs::rename(&log, log_of(&free_name(&log)?))?;
    }
    let mut index = path.as_os_str().to_owned();
    index.push("-shm");
    let _ = fs::remove_file(index);
    fs::rename(new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all())?;
    Ok(aside)
}

/// Makes room for a new store: what an attempt before left of it.
pub(crate) fn remove_store(path: &Path) -> io::Result<()> {
    for file in [path.to_owned(), log_of(path)] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// A name that is not there yet; the seconds are those since 1970 at which the file was last
/// written to.
fn free_name(path: &Path) -> io::Result<PathBuf> {
    let written = fs::metadata(path)?.modified()?.duration_since(SystemTime::UNIX_EPOCH);
    let mut seconds = written.map_or(0, |written| written.as_secs());
    loop {
        let name = path.with_extension(format!("damaged-{seconds}.sqlite3"));
        if !name.exists() {
            return Ok(name);
        }
        seconds += 1;
    }
}
