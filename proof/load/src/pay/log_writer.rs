//! Writes the log on a thread of its own, so that no payer waits for the disk.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use crate::log::{Closing, LogError, Paid};

const QUEUE: usize = 8_192;

pub(crate) struct LogWriter {
    sender: mpsc::Sender<Paid>,
    thread: JoinHandle<Result<(), LogError>>,
}

impl LogWriter {
    /// Makes the file, empty.
    pub(crate) fn create(path: &Path) -> Result<LogWriter, LogError> {
        let path = path.to_owned();
        let file = File::create(&path)
            .map_err(|error| LogError::NotWritten { path: path.clone(), error })?;
        let (sender, mut payments) = mpsc::channel::<Paid>(QUEUE);
        let thread = std::thread::spawn(move || {
            write(file, || payments.blocking_recv())
                .map_err(|error| LogError::NotWritten { path, error })
        });
        Ok(LogWriter { sender, thread })
    }

    pub(crate) fn sender(&self) -> mpsc::Sender<Paid> {
        self.sender.clone()
    }

    /// Waits until everything is in the file, and that it is everything: without its last line a
    /// log may have lost its end.
    pub(crate) fn finish(self) -> Result<(), LogError> {
        drop(self.sender);
        self.thread.join().map_err(|_| LogError::Panicked)?
    }
}

fn write(file: File, mut next: impl FnMut() -> Option<Paid>) -> std::io::Result<()> {
    let mut lines = BufWriter::new(file);
    let mut n_payments = 0;
    while let Some(paid) = next() {
        serde_json::to_writer(&mut lines, &paid)?;
        lines.write_all(b"\n")?;
        n_payments += 1;
    }
    serde_json::to_writer(&mut lines, &Closing { n_payments })?;
    lines.write_all(b"\n")?;
    lines.flush()
}
