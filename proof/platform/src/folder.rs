//! The folder with all data, and who may use it.

use std::fs::{self, File, TryLockError};
use std::io::IsTerminal as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use bancada_telemetry::console;

/// PostgreSQL and Elasticsearch refuse to run as root; this user owns nothing.
const NOBODY: u32 = 65_534;
const LOCK: &str = "platform.lock";
/// Everything that is kept in it.
const PARTS: [&str; 7] =
    ["postgresql", "kafka", "connect", "elasticsearch", "services", "logs", "run"];

/// The folder, locked as long as this lives.
pub(crate) struct Folder {
    path: PathBuf,
    is_root: bool,
    _lock: File,
}

impl Folder {
    /// Opens it; `None` when the data was to be forgotten, and then was not.
    pub(crate) fn open(path: &Path, fresh: bool, yes: bool) -> anyhow::Result<Option<Folder>> {
        let shown = path.display();
        fs::create_dir_all(path).with_context(|| format!("{shown} cannot be made"))?;
        let path = fs::canonicalize(path)?;
        let lock = File::create(path.join(LOCK))
            .with_context(|| format!("{shown} cannot be written to"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("{shown} is in use by another platform; choose another with --data DIR")
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{shown} cannot be locked"));
            }
        }
        if fresh && !forget(&path, yes)? {
            return Ok(None);
        }
        let is_root = fs::metadata(path.join(LOCK))?.uid() == 0;
        let folder = Folder { path, is_root, _lock: lock };
        if is_root {
            folder.can_be_reached_by_nobody()?;
        }
        Ok(Some(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it.
    pub(crate) fn part(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(path)
    }

    /// A folder in it, for a server that refuses to run as root.
    pub(crate) fn part_of_nobody(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.part(name)?;
        if self.is_root {
            chown(&path, Some(NOBODY), Some(NOBODY))?;
        }
        Ok(path)
    }

    /// Gives everything in a folder to the user as whom the server runs.
    pub(crate) fn give_to_nobody(&self, path: &Path) -> anyhow::Result<()> {
        if !self.is_root {
            return Ok(());
        }
        let mut chown = Command::new("chown");
        let status = chown.arg("-R").arg(format!("{NOBODY}:{NOBODY}")).arg(path).status()?;
        ensure!(status.success(), "{} cannot be given to nobody", path.display());
        Ok(())
    }

    /// A program that ends when this one does.
    pub(crate) fn command(&self, program: &Path) -> Command {
        wrapped(program, &["--pdeathsig", "TERM"])
    }

    /// The same for a server that refuses to run as root.
    pub(crate) fn command_as_nobody(&self, program: &Path, signal: &str) -> Command {
        let user = NOBODY.to_string();
        let mut options = vec!["--pdeathsig", signal];
        if self.is_root {
            options.extend(["--reuid", &user, "--regid", &user, "--clear-groups"]);
        }
        wrapped(program, &options)
    }

    fn can_be_reached_by_nobody(&self) -> anyhow::Result<()> {
        let mut test = self.command_as_nobody(Path::new("test"), "TERM");
        let status = test.arg("-x").arg(&self.path).status();
        let status = status.context("setpriv is needed to start servers as another user")?;
        ensure!(
            status.success(),
            "the user nobody, as whom PostgreSQL and Elasticsearch must run, cannot reach {}; \
             choose another folder with --data DIR, for example /var/lib/bancada",
            self.path.display()
        );
        Ok(())
    }
}

/// Only Linux has setpriv; elsewhere a program may outlive this one.
fn wrapped(program: &Path, options: &[&str]) -> Command {
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("setpriv");
        command.args(options).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null());
    command
}

fn forget(path: &Path, yes: bool) -> anyhow::Result<bool> {
    // By name: what somebody else keeps in the same folder is not ours to remove.
    let there: Vec<_> =
        PARTS.iter().map(|part| path.join(part)).filter(|part| part.exists()).collect();
    if there.is_empty() {
        return Ok(true);
    }
    if !yes {
        ensure!(
            std::io::stdin().is_terminal(),
            "--fresh forgets the data in {}; say --yes as well",
            path.display()
        );
        console::ask(format_args!("Forget everything in {}? [y/N] ", path.display()));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes" | "s" | "sim") {
            console::say(format_args!("Nothing was forgotten."));
            return Ok(false);
        }
    }
    for part in there {
        fs::remove_dir_all(&part)
            .with_context(|| format!("{} cannot be removed", part.display()))?;
    }
    Ok(true)
}
