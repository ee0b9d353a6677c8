//! A server's process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A loaded machine is slow, not wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// It ends with this, however the test ends; with the test's terminal as well, for it is in the
/// test's group of processes.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    server: Option<PathBuf>,
}

impl Process {
    /// Starts it, with all that it prints in a file, and waits until it `answers`. What starts
    /// the server rather than being it names a file in which the server's own id will be.
    pub(crate) fn start(
        mut command: Command,
        log: &Path,
        server: Option<&Path>,
        answers: impl Fn() -> bool,
    ) -> Process {
        let file = File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap();
        let server = server.map(Path::to_owned);
        let mut process = Process { child, log: log.to_owned(), server };
        let deadline = Instant::now() + PATIENCE;
        while !answers() {
            let ended = process.child.try_wait().unwrap();
            if ended.is_some() || Instant::now() >= deadline {
                let said = fs::read_to_string(&process.log).unwrap_or_default();
                panic!("{command:?} does not answer ({ended:?}): {said}");
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        process
    }
}

impl Drop for Process {
    /// As the kernel would end it, without a chance to do anything.
    fn drop(&mut self) {
        let server = self.server.as_ref().and_then(|file| fs::read_to_string(file).ok());
        let server = server.and_then(|id| Pid::from_raw(id.trim().parse().ok()?));
        // Any of them may have ended already.
        if let Some(server) = server {
            let _ = kill_process(server, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
