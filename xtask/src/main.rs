//! The project's own commands: `cargo xtask --help`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is this program's job")]

mod axe;
mod bench;
mod browser;
mod campaign;
mod cargo;
mod debian;
mod duel;
mod failures;
mod kafka;
mod maven;
mod npm;
mod phase;
mod pipeline;
mod platform;
mod postgres;
mod test;
mod tidy;
mod up;
mod web;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Builds, tests and checks Bancada.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and run it: bank, shop, statement and web pages, in one process.
    Up {
        /// As three processes, on PostgreSQL, Kafka, Kafka Connect and Elasticsearch, which are
        /// fetched and started: `cargo xtask up --platform -- --help` shows its options.
        #[arg(long)]
        platform: bool,
        /// Options of `bancada up`, e.g. --port 8081 --data DIR --fresh.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run every check and test: formatting, lints, tidy, unit and end-to-end tests.
    Test,
    /// Break a running system again and again, and audit it: more faults than `test` has time for.
    Campaign(campaign::CampaignOptions),
    /// Let the original system's Bank and this one pay for a while, break both, and compare.
    Duel(duel::DuelOptions),
    /// Check the rules of STYLE.md: dependency arrow, file sizes and names, machine paths.
    Tidy,
    /// Measure speed as a ratio against a baseline of the same run.
    Bench {
        /// Options of the benchmark, e.g. --seconds 5.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the browser applications and the landing page into dist/web.
    Web {
        /// Fail if an application is larger than its limit; needs wasm-opt.
        #[arg(long)]
        check_size: bool,
    },
}

/// An error is told by its causes; where this program itself was then helps nobody.
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .no_deps()
        .exec()
        .context("failed to read the workspace; run this inside a checkout of Bancada")?;
    let root = metadata.workspace_root.into_std_path_buf();
    match Arguments::parse().command {
        Command::Up { platform, arguments } => {
            let target = metadata.target_directory.as_std_path();
            // It may stand behind other options, too.
            let (names, arguments): (Vec<_>, Vec<_>) =
                arguments.into_iter().partition(|argument| argument == "--platform");
            match platform || !names.is_empty() {
                true => platform::run(&root, target, &arguments),
                false => up::run(&root, target, &arguments),
            }
        }
        Command::Test => test::run(&root),
        Command::Campaign(options) => campaign::run(&root, &options),
        Command::Duel(options) => {
            duel::run(&root, metadata.target_directory.as_std_path(), &options)
        }
        Command::Tidy => tidy::run(&root),
        Command::Bench { arguments } => bench::run(&root, &arguments),
        Command::Web { check_size } => web::run(&root, check_size),
    }
}
