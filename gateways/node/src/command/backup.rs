//! `bancada backup`: a copy of everything at one position, also while it runs.
//!
//! The shop and the statement are copied before the journal, so that neither of them knows what the
//! journal's copy does not have: the statement follows on from there, and the shop asks.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use bancada_bank::ports::HighWaterMark as _;
use bancada_database::journal::FileMark;
use bancada_database::{copy, orders, statement};
use bancada_kernel::{Shard, ShardCount};

use crate::arguments::BackupOptions;
use crate::command::verify;
use crate::exit::Exit;
use crate::service::bank::{DELIVERY, FINGERPRINT, KEY, journal_file};

/// Small files that stay as they were made.
const BANK: [&str; 5] = ["layout-version", "shards", "stores", KEY, FINGERPRINT];
const OTHERS: [&str; 2] = ["layout-version", "stores"];

pub(crate) fn run(options: &BackupOptions) -> anyhow::Result<Exit> {
    let (data, to) = (options.data.data.as_path(), options.to.as_path());
    anyhow::ensure!(
        data.join("bank").join(journal_file(Shard::FIRST)).exists(),
        "there is no journal in {}; what is in PostgreSQL is copied by its own tools (pg_dump), \
         together with the file of the vault's key",
        data.join("bank").display()
    );
    let is_free = !to.exists() || to.read_dir().is_ok_and(|mut files| files.next().is_none());
    anyhow::ensure!(is_free, "{} is not empty: a backup is written over nothing", to.display());
    copy::make_folder(to)?;
    service(data, to, "checkout", &OTHERS, &[orders::FILE.to_owned()])?;
    service(data, to, "extrato", &OTHERS, &[statement::FILE.to_owned()])?;
    let journals = ShardCount::new(64)?.shards().map(journal_file);
    let stores: Vec<_> = std::iter::once(DELIVERY.to_owned()).chain(journals).collect();
    service(data, to, "bank", &BANK, &stores)?;

    let findings = verify::look(to).context("the copy cannot be read")?;
    anyhow::ensure!(findings.wrong.is_empty(), "the copy is wrong: {}", findings.wrong.join("; "));
    for (shard, number) in findings.shards.iter().zip(0..) {
        let mut mark = FileMark::open(&to.join("bank"), number)?;
        let written = mark.write(shard.mark).and_then(|()| mark.sync());
        written.map_err(|error| anyhow::anyhow!("its high-water mark: {error}"))?;
    }
    let n_events: u64 = findings.shards.iter().map(|shard| shard.position).sum();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{n_events} events are in {}, which was read and is whole.", to.display())?;
    Ok(Exit::Well)
}

/// Copies what there is of a service; one that runs elsewhere has nothing here.
fn service(
    data: &Path,
    to: &Path,
    name: &str,
    files: &[&str],
    stores: &[String],
) -> anyhow::Result<()> {
    let (from, to) = (data.join(name), to.join(name));
    if !from.exists() {
        return Ok(());
    }
    copy::make_folder(&to)?;
    for file in files.iter().filter(|file| from.join(file).exists()) {
        copy::file(&from.join(file), &to.join(file))
            .with_context(|| format!("{} cannot be copied", from.join(file).display()))?;
    }
    for store in stores.iter().filter(|store| from.join(store).exists()) {
        copy::store(&from.join(store), &to.join(store))?;
    }
    Ok(())
}
