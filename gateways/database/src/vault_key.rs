//! The key from which cards' tokens are made, in a file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::data_directory::write_durably;

const KEY_BYTES: usize = 32;
/// What everybody may do. Kubernetes mounts a secret readable by a group.
const EVERYBODY: u32 = 0o007;

/// Why a key is not used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum VaultKeyError {
    /// It is no key.
    #[error(
        "{path} has {found} bytes, and a key has 32: put the right file back; with another key \
         every card would be a stranger's"
    )]
    Length {
        /// The file.
        path: String,
        /// What it has.
        found: usize,
    },
    /// Anybody on this machine could make cards' tokens.
    #[error(
        "{0} can be read or written by everybody: take these rights away (chmod o-rwx), and think \
         of who may have read it"
    )]
    Open(String),
    /// It cannot be read or made.
    #[error("{path} cannot be read or made: {cause}")]
    Unusable {
        /// The file.
        path: String,
        /// What the system said.
        cause: io::Error,
    },
}

/// The key in a file; it is made with `make` where there is none.
///
/// A key that somebody provides may be behind a link, as in Kubernetes. One that is made here is
/// readable by its owner only, and is not written through a link.
pub fn read_or_make(
    path: &Path,
    make: impl FnOnce() -> [u8; KEY_BYTES],
) -> Result<[u8; KEY_BYTES], VaultKeyError> {
    let shown = || path.display().to_string();
    let unusable = |cause| VaultKeyError::Unusable { path: shown(), cause };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = make();
            write_durably(path, &key).map_err(unusable)?;
            return Ok(key);
        }
        Err(error) => return Err(unusable(error)),
    };
    let found = file.metadata().map_err(unusable)?;
    if found.permissions().mode() & EVERYBODY != 0 {
        return Err(VaultKeyError::Open(shown()));
    }
    let mut key = Vec::with_capacity(KEY_BYTES + 1);
    file.by_ref().take(4_096).read_to_end(&mut key).map_err(unusable)?;
    let found = key.len();
    key.try_into().map_err(|_| VaultKeyError::Length { path: shown(), found })
}

/// Which key the cards in a directory were made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownKey {
    /// This one.
    Same,
    /// Another one.
    Other,
    /// An earlier version did not write it down.
    Unknown,
}

/// Holds a key's fingerprint against the one in a file.
pub fn compare(path: &Path, fingerprint: [u8; 32]) -> io::Result<KnownKey> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim() == hexadecimal(fingerprint) => Ok(KnownKey::Same),
        Ok(_) => Ok(KnownKey::Other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(KnownKey::Unknown),
        // No text at all, after damage.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(KnownKey::Other),
        Err(error) => Err(error),
    }
}

/// Writes down a key's fingerprint, which does not tell the key.
pub fn remember(path: &Path, fingerprint: [u8; 32]) -> io::Result<()> {
    write_durably(path, format!("{}\n", hexadecimal(fingerprint)).as_bytes())
}

fn hexadecimal(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.key");
        assert_eq!(read_or_make(&path, || [1; 32]).unwrap(), [1; 32]);
        assert_eq!(read_or_make(&path, || [2; 32]).unwrap(), [1; 32]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.key");
        for n_bytes in [0, 31, 33, 64] {
            write_durably(&path, &vec![7; n_bytes]).unwrap();
            let error = read_or_make(&path, || [1; 32]).unwrap_err().to_string();
            assert!(error.contains(&format!("has {n_bytes} bytes")), "{error}");
        }
    }

    #[test]
    fn a_key_for_everybody_is_refused_and_one_for_a_group_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.key");
        write_durably(&path, &[7; 32]).unwrap();
        for (mode, is_refused) in [(0o666, true), (0o604, true), (0o602, true), (0o440, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_or_make(&path, || [1; 32]).is_err(), is_refused, "{mode:o}");
        }
        // A mounted secret is a link; a key that is made is no file behind one.
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read_or_make(&link, || [1; 32]).unwrap(), [7; 32]);
        fs::remove_file(&path).unwrap();
        assert!(read_or_make(&link, || [1; 32]).is_err());
        assert!(!path.exists());
    }

    #[test]
    fn another_key_is_known_by_its_fingerprint() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.fingerprint");
        assert_eq!(compare(&path, [1; 32]).unwrap(), KnownKey::Unknown);
        remember(&path, [1; 32]).unwrap();
        assert_eq!(compare(&path, [1; 32]).unwrap(), KnownKey::Same);
        assert_eq!(compare(&path, [2; 32]).unwrap(), KnownKey::Other);
        fs::write(&path, [0xFF, 0xFE]).unwrap();
        assert_eq!(compare(&path, [1; 32]).unwrap(), KnownKey::Other);
    }
}
