//! Writes the log on a thread of its own, so that no payer waits for the disk.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::thread::JoinHandle;

use anyhow::Context as _;
use tokio::sync::mpsc;

use crate::load_log::{Closing, Paid};

const QUEUE: usize = 8_192;

pub(super) struct LogWriter {
    sender: mpsc::Sender<Paid>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl LogWriter {
    /// Makes the file, empty.
    pub(super) fn create(path: &Path) -> anyhow::Result<LogWriter> {
        let shown = path.display().to_string();
        let file = File::create(path).with_context(|| format!("{shown} cannot be written"))?;
        let (sender, mut payments) = mpsc::channel::<Paid>(QUEUE);
        let thread = std::thread::spawn(move || {
            write(file, || payments.blocking_recv())
                .with_context(|| format!("{shown} cannot be written"))
        });
        Ok(LogWriter { sender, thread })
    }

    pub(super) fn sender(&self) -> mpsc::Sender<Paid> {
        self.sender.clone()
    }

    /// Waits until everything is in the file, and that it is everything: without its last line a
    /// log may have lost its end.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        drop(self.sender);
        self.thread.join().map_err(|_| anyhow::anyhow!("the log's writer panicked"))?
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
