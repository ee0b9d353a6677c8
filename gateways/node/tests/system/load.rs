//! `bancada load` against a Bank, writing what it was told.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::*;

pub(crate) struct Load {
    program: Program,
    log: PathBuf,
}

impl Load {
    /// Pays at this address; the log is kept in the folder.
    pub(crate) fn start(bank: &str, folder: &Path, duration: &str) -> Load {
        let log = folder.join("run.jsonl");
        let mut command = Command::new(BINARY);
        command
            .args(["load", "--bank", bank, "--duration", duration, "--seed", "1"])
            .args(["--concurrency", "32", "--cards", "20", "--log"])
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
