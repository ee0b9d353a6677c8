//! `bancada restore`: puts a backup where nothing is.

use std::io::Write as _;

use anyhow::Context as _;
use bancada_database::copy;

use crate::arguments::RestoreOptions;
use crate::command::{accept_loss, verify};
use crate::exit::Exit;

/// The services' folders.
const FOLDERS: [&str; 3] = ["bank", "checkout", "extrato"];

pub(crate) fn run(options: &RestoreOptions) -> anyhow::Result<Exit> {
    let (from, data) = (options.from.as_path(), options.data.data.as_path());
    for folder in FOLDERS {
        let place = data.join(folder);
        anyhow::ensure!(
            !place.exists(),
            "{} is there, and nothing is written over: move it away, or choose another directory \
             with --data",
            place.display()
        );
    }
    let findings = verify::look(from).context("the backup cannot be read")?;
    anyhow::ensure!(
        findings.wrong.is_empty(),
        "the backup is wrong: {}",
        findings.wrong.join("; ")
    );
    // First: after an error here the same command can be given again.
    accept_loss::make_beyond_anew(&options.beyond)?;
    copy::make_folder(data)?;
    for folder in FOLDERS.iter().filter(|folder| from.join(folder).exists()) {
        let copied = copy::folder(&from.join(folder), &data.join(folder));
        copied.with_context(|| format!("{folder} cannot be copied to {}", data.display()))?;
    }
    let n_events: u64 = findings.shards.iter().map(|shard| shard.position).sum();
    accept_loss::begin_generation(data, options.beyond.kafka.is_some())?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{n_events} events are in {}, and one that says that a backup was put in place. What came \
         after them is given up: a statement or a topic elsewhere that knows of it does not follow \
         this bank.",
        data.display()
    )?;
    Ok(Exit::Well)
}
