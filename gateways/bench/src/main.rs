//! Speed as a ratio: a durable authorization against a bare tonic echo of the same messages,
//! measured in turns in one run, on one machine, by one client.
#![allow(clippy::print_stdout, reason = "printing the figures is this program's job")]

mod bank;
mod driver;
mod echo;
mod history;
mod recovery;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use driver::{Driver, Round};
use recovery::{RecoveryArguments, ServeArguments};

/// Entries after which a snapshot is made, as `bancada bank` does.
const SNAPSHOT_EVERY: u64 = 100_000;

/// Compares durable authorizations with a bare echo of the same messages, or measures a start.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    rounds: RoundsArguments,
}

#[derive(Subcommand)]
enum Command {
    Recovery(RecoveryArguments),
    #[command(hide = true)]
    Serve(ServeArguments),
}

#[derive(clap::Args)]
struct RoundsArguments {
    /// How long each of the rounds takes.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Rounds of each side.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Calls in progress at once: enough that the disk's latency is not what is measured.
    #[arg(long, default_value_t = 256)]
    concurrency: usize,
    /// Where the journal is made; a folder on the disk that is to be measured.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments { command: Some(Command::Recovery(arguments)), .. } => recovery::run(&arguments),
        Arguments { command: Some(Command::Serve(arguments)), .. } => recovery::serve(&arguments),
        Arguments { command: None, rounds } => compare(&rounds),
    }
}

fn compare(arguments: &RoundsArguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(&arguments.folder)
        .with_context(|| format!("no folder can be made in {}", arguments.folder.display()))?;
    let echo = echo::start()?;
    let bank = bank::start(folder.path(), Some(SNAPSHOT_EVERY))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (echoes, payments, commits) = runtime.block_on(async {
        let duration = Duration::from_secs(arguments.seconds);
        let echo = Driver::new(echo, arguments.concurrency)?;
        let payer = Driver::new(bank.address, arguments.concurrency)?;
        payer.issue_cards().await?;
        // Connections, caches and the journal's file are warm before anything counts.
        echo.run(Duration::from_secs(1)).await?;
        payer.run(Duration::from_secs(1)).await?;
        let (mut echoes, mut payments) = (Vec::new(), Vec::new());
        let before = bank.commits();
        for round in 0..arguments.rounds {
            // In turns, and in changing order, so that a drift of the machine hits both alike.
            if round % 2 == 0 {
                echoes.push(echo.run(duration).await?);
                payments.push(payer.run(duration).await?);
            } else {
                payments.push(payer.run(duration).await?);
                echoes.push(echo.run(duration).await?);
            }
        }
        let after = bank.commits();
        anyhow::Ok((echoes, payments, (after.0 - before.0, after.1 - before.1)))
    })?;
    report(&echoes, &payments, commits);
    Ok(())
}

fn report(echoes: &[Round], payments: &[Round], (entries, syncs): (f64, f64)) {
    println!("{:<22} {:>10} {:>9} {:>9} {:>9}", "", "calls/s", "p50 ms", "p99 ms", "p99.9 ms");
    for (name, rounds) in [("tonic echo", echoes), ("durable authorize", payments)] {
        for round in rounds {
            println!(
                "{name:<22} {:>10.0} {:>9.2} {:>9.2} {:>9.2}",
                round.per_second, round.p50_ms, round.p99_ms, round.p999_ms
            );
        }
    }
    let (echo, payment) = (median(echoes), median(payments));
    println!("\nratio: durable authorize / echo = {:.2} (median of the rounds)", payment / echo);
    println!(
        "syncs per acknowledged payment: {:.4} ({entries:.0} payments, {syncs:.0} group commits)",
        syncs / entries
    );
}

fn median(rounds: &[Round]) -> f64 {
    let mut rates: Vec<_> = rounds.iter().map(|round| round.per_second).collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
