//! `bancada load` against a Bank, writing what it was told.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::*;

pub(crate) struct Load {
    program: Program,
    log: PathBuf,
}

impl Load {
    /// Pays at this address; the log is kept in the folder.
    pub(crate) fn start(bank: &str, folder: &Path, duration: &str) -> Load {
        Load::start_with(bank, folder, duration, &[])
    }

    /// The same with at most so many payments in a second.
    pub(crate) fn start_paced(bank: &str, folder: &Path, duration: &str, rate: u32) -> Load {
        Load::start_with(bank, folder, duration, &["--rate", &rate.to_string()])
    }

    fn start_with(bank: &str, folder: &Path, duration: &str, more: &[&str]) -> Load {
        let log = folder.join("run.jsonl");
        let mut command = Command::new(BINARY);
        command
            .args(["load", "--bank", bank, "--duration", duration, "--seed", "1"])
            .args(["--concurrency", "32", "--cards", "20"])
            .args(more)
            .arg("--log")
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Load { program: Program::spawn(&mut command), log }
    }

    /// Waits until its time is over; the log.
    pub(crate) async fn finish(mut self) -> PathBuf {
        let code = tokio::task::spawn_blocking(move || self.program.wait()).await.unwrap();
        assert_eq!(code, Some(0), "the load itself went through");
        self.log
    }

    /// Lets it finish what is in progress, and no more; the log.
    pub(crate) async fn stop(self) -> PathBuf {
        self.program.signal("-INT");
        self.finish().await
    }
}

/// Holds a log against a Bank that was well all the time: every payment was answered, the first
/// time that it was sent.
pub(crate) fn was_answered_at_once(log: &Path) {
    let text = std::fs::read_to_string(log).unwrap();
    let mut n_payments = 0;
    // The last line says that it is the last.
    let n_lines = text.lines().count();
    for line in text.lines().take(n_lines - 1) {
        let paid: Value = serde_json::from_str(line).unwrap();
        assert!(paid["attempts"] == 1 && paid["answer"] != "unknown", "{line}");
        n_payments += 1;
    }
    assert!(n_payments > 0, "nobody paid");
}
