//! Files and folders that are their owner's only, whatever the umask, and never somebody else's
//! through a link.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

pub(crate) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
/// What others than the owner may do.
const OTHERS: u32 = 0o077;

/// Opens a file for reading and writing, or makes it; an error where a link has its name.
pub(crate) fn open_or_make(path: &Path) -> io::Result<File> {
    refuse_link(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = options.open(path)?;
    tighten(path, &file.metadata()?, FILE_MODE)?;
    Ok(file)
}

/// Makes a file that must not be there.
pub(crate) fn make_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE_MODE);
    let file = options.open(path)?;
    // The umask may have taken the owner's own rights away.
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    Ok(file)
}

/// Makes a folder, and those above it that are missing; one that is there is closed to others.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    if !path.exists() {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)?;
    }
    tighten(path, &fs::metadata(path)?, FOLDER_MODE)
}

/// An error where a link is in the place of a file of ours.
pub(crate) fn refuse_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            let what = format!("{} is a link, and a file of ours is none", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidInput, what))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Takes rights from others, where an earlier version or somebody gave them any.
pub(crate) fn tighten(path: &Path, found: &fs::Metadata, mode: u32) -> io::Result<()> {
    let had = found.permissions().mode() & 0o777;
    if had & OTHERS == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    let (path, had) = (path.display().to_string(), format!("{had:o}"));
    tracing::warn!(path, had, "others could read this; it is its owner's only from now on");
    Ok(())
}
