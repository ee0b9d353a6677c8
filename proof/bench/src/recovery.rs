//! How long a Bank takes from its process's start to its first answer, on a journal of many
//! payments, and how much memory it has then. Measured from outside, on processes of their own
//! that end by SIGKILL.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;

use crate::cards::Cards;
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels};
use crate::history;
use crate::load::{Paid, Target as _, fresh_key};
use crate::side::bank::{Stores, start};
use crate::statistics::median;

/// Measures the time from a process's start to the first authorization that is answered.
#[derive(Args)]
pub(crate) struct RecoveryArguments {
    /// Payments in the journal.
    #[arg(long, default_value_t = 1_000_000)]
    payments: u64,
    /// Cards that paid them.
    #[arg(long, default_value_t = 100_000)]
    cards: u64,
    /// Entries after the snapshot: as many as there can be before the next one is made.
    #[arg(long, default_value_t = 100_000)]
    tail: u64,
    /// How often each way is measured.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Where the journal is made; a folder on the disk that is to be measured.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
    /// A data directory of an earlier run, or where this one is kept.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// A Bank in a process of its own, until it is killed.
#[derive(Args)]
pub(crate) struct ServeArguments {
    folder: PathBuf,
    #[arg(long)]
    without_snapshots: bool,
    /// Entries after which a snapshot is made.
    #[arg(long, default_value_t = u64::MAX)]
    snapshot_every: u64,
}

impl RecoveryArguments {
    /// What is measured when nothing else is asked for.
    pub(crate) fn in_folder(folder: &Path) -> RecoveryArguments {
        RecoveryArguments {
            payments: 1_000_000,
            cards: 100_000,
            tail: 100_000,
            runs: 5,
            folder: folder.to_owned(),
            data: None,
        }
    }
}

pub(crate) fn run(arguments: &RecoveryArguments) -> anyhow::Result<Vec<Figure>> {
    let made;
    let folder: &Path = match &arguments.data {
        Some(data) => data,
        None => {
            made = tempfile::tempdir_in(&arguments.folder)?;
            made.path()
        }
    };
    if !folder.join("journal.sqlite3").exists() {
        std::fs::create_dir_all(folder)?;
        let started = Instant::now();
        let n_entries = history::make(folder, arguments.payments, arguments.cards, arguments.tail)?;
        println!(
            "{} payments of {} cards in {n_entries} entries, made in {:.0} s",
            arguments.payments,
            arguments.cards,
            started.elapsed().as_secs_f64()
        );
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        #[expect(clippy::cast_precision_loss, reason = "for people to read")]
        let megabytes = entry.metadata()?.len() as f64 / 1e6;
        println!("{:>10.1} MB {}", megabytes, entry.file_name().to_string_lossy());
    }
    println!("\n{:<34} {:>11} {:>10} {:>10}", "", "answered ms", "VmRSS MB", "VmHWM MB");
    let bounded = measure("snapshot and tail", folder, arguments.runs, &[])?;
    measure("the whole journal", folder, arguments.runs, &["--without-snapshots"])?;
    let with_maker = ["--snapshot-every", "1"];
    measure("while a snapshot is made", folder, 1, &with_maker)?;
    let what = format!("seconds from a start to the first answer, {} payments", arguments.payments);
    let memory = format!("resident MB, {} payments, {} cards", arguments.payments, arguments.cards);
    Ok(vec![
        Figure::number("G10", &what, Wanted::AtMost, 2.0, bounded.seconds),
        Figure::number("G10", &memory, Wanted::AtMost, 1_024.0, bounded.resident_mb),
    ])
}

/// Medians over the runs.
struct Start {
    seconds: f64,
    resident_mb: f64,
}

/// What a process says when it has answered, as this program reads it.
struct Answered {
    after: Duration,
    memory: [f64; 2],
}

fn measure(name: &str, folder: &Path, n_runs: usize, options: &[&str]) -> anyhow::Result<Start> {
    let mut runs = Vec::new();
    for _ in 0..n_runs {
        let run = start_and_kill(folder, options)?;
        let [rss, peak] = run.memory;
        let ms = run.after.as_secs_f64() * 1_000.0;
        println!("{name:<34} {ms:>11.0} {rss:>10.0} {peak:>10.0}");
        runs.push((ms / 1_000.0, rss));
    }
    let seconds = median(runs.iter().map(|run| run.0));
    Ok(Start { seconds, resident_mb: median(runs.iter().map(|run| run.1)) })
}

fn start_and_kill(folder: &Path, options: &[&str]) -> anyhow::Result<Answered> {
    let started = Instant::now();
    let mut process = Command::new(std::env::current_exe()?)
        .arg("serve")
        .arg(folder)
        .args(options)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = process.stdout.take().context("it has an output")?;
    let mut lines = BufReader::new(output).lines();
    let said = lines.next().context("the bank's process ended")??;
    let after = started.elapsed();
    // Memory when it has settled, which is later only where a snapshot is made.
    let memory = match options {
        ["--snapshot-every", ..] => {
            let made = lines.next().context("the bank's process ended")??;
            println!("{made}");
            memory_of(process.id())?
        }
        _ => memory_of(process.id())?,
    };
    process.kill()?;
    process.wait()?;
    anyhow::ensure!(said == "answered", "the bank's process said: {said}");
    Ok(Answered { after, memory })
}

/// What the kernel says of a process's memory, in megabytes: now, and at most so far.
fn memory_of(process: u32) -> anyhow::Result<[f64; 2]> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix("kB"));
        let kilobytes: f64 = line.context("no such line")?.trim().parse()?;
        anyhow::Ok(kilobytes * 1_024.0 / 1e6)
    };
    Ok([value("VmRSS:")?, value("VmHWM:")?])
}

/// Starts the Bank, pays once, says so, and waits for its end.
pub(crate) fn serve(arguments: &ServeArguments) -> anyhow::Result<()> {
    let every = (!arguments.without_snapshots).then_some(arguments.snapshot_every);
    let stores = Stores::in_file(&arguments.folder, "journal.sqlite3")?;
    let bank = start(match every {
        Some(every) => stores.with_snapshots(&arguments.folder, every),
        None => stores,
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut payers = Unary::targets(&channels(bank.address, 1)?, &Cards::new(1));
        let payer = payers.first_mut().context("one channel is one target")?;
        let key = format!("{}-{}", fresh_key(), bancada_telemetry::clock::uuid());
        anyhow::ensure!(payer.pay(key).await? == Paid::Approved, "the first payment is refused");
        println!("answered");
        while every != Some(1) || bank.snapshot().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if let Some(took) = bank.snapshot() {
            println!("a snapshot was made in {took:.2} s");
        }
        std::future::pending::<anyhow::Result<()>>().await
    })
}
