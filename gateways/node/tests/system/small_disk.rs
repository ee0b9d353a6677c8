//! A disk that can be filled.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk of its own; gone with the test, however it ends.
pub(crate) struct SmallDisk {
    place: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where this machine does not let the test mount one; says why.
    pub(crate) fn mount(n_bytes: u64) -> Option<SmallDisk> {
        let place = tempfile::tempdir().unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={n_bytes},mode=700"), "tmpfs"]);
        let why = match command.arg(place.path()).output() {
            Ok(output) if output.status.success() => return Some(SmallDisk { place }),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                said.lines().next().unwrap_or_default().to_owned()
            }
            Err(error) => error.to_string(),
        };
        say(&format!("no small disk can be mounted here; it needs root: {why}"));
        None
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Takes all the room there is, down to the last byte.
    pub(crate) fn fill(&self) {
        let path = self.filler();
        let mut filler = OpenOptions::new().create(true).append(true).open(path).unwrap();
        for n_bytes in [64 * 1024, 4 * 1024, 1] {
            let block = vec![0x42; n_bytes];
            loop {
                match filler.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk cannot be filled: {error}"),
                }
            }
        }
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Gives back some of what was taken; false when nothing is left to give.
    pub(crate) fn give_back(&self, n_bytes: u64) -> bool {
        let filler = OpenOptions::new().write(true).open(self.filler()).unwrap();
        let left = filler.metadata().unwrap().len();
        filler.set_len(left.saturating_sub(n_bytes)).unwrap();
        left > n_bytes
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that is being killed may still have files open.
        let unmounted = Command::new("umount").arg("--lazy").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            say(&format!("{} is still mounted", self.path().display()));
        }
    }
}

/// Past the test harness, which keeps what a passing test prints to itself.
fn say(line: &str) {
    // Nobody reads it where there is no such thing.
    let _ = writeln!(std::io::stderr(), "{line}");
}
