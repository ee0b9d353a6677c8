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
mod needs;
mod npm;
mod phase;
mod pipeline;
mod platform;
mod postgres;
mod test;
mod tidy;
mod up;
mod web;

use std::path::PathBuf;
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
    /// Run every check and test: formatting, lints, tidy, unit and end-to-end tests. With the name
    /// of a crate, its tests alone, with just what they need.
    Test {
        /// A crate, with or without "bancada-": kernel, bank, grpc.
        name: Option<String>,
    },
    /// Run what needs no server and lasts seconds: formatting, tidy, lints, and most tests. For
    /// after each change.
    Check,
    /// Get what the tests start, and print the variables that they need: eval "$(cargo xtask env)".
    Env {
        #[arg(long, hide = true)]
        write_to: Option<PathBuf>,
    },
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
    let root = metadata.workspace_root.clone().into_std_path_buf();
    match Arguments::parse().command {
        Command::Up { platform, arguments } => {
            let target = metadata.target_directory.as_std_path();
            // It may stand behind other options, too.
            let (is_platform, arguments) = passed_on(arguments);
            match platform || is_platform {
                true => platform::run(&root, target, &arguments),
                false => up::run(&root, target, &arguments),
            }
        }
        Command::Test { name: None } => test::all(&root),
        Command::Test { name: Some(name) } => test::one(&root, &metadata, &name),
        Command::Check => test::check(&root),
        Command::Env { write_to } => needs::print_variables(&root, write_to.as_deref()),
        Command::Campaign(options) => campaign::run(&root, &options),
        Command::Duel(options) => {
            duel::run(&root, metadata.target_directory.as_std_path(), &options)
        }
        Command::Tidy => tidy::run(&root),
        Command::Bench { arguments } => bench::run(&root, &arguments),
        Command::Web { check_size } => web::run(&root, check_size),
    }
}

/// Whether `--platform` is among the arguments, and those that the program is told. Somebody may
/// have written `--` before them: to the program it would mean that none of them is an option.
fn passed_on(arguments: Vec<String>) -> (bool, Vec<String>) {
    let is_platform = arguments.iter().any(|argument| argument == "--platform");
    let is_told = |argument: &String| argument != "--platform" && argument != "--";
    (is_platform, arguments.into_iter().filter(is_told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_passed_on_with_and_without_a_divider() {
        let passed = |text: &str| passed_on(text.split(' ').map(str::to_owned).collect());
        let told = vec!["--postgres-port".to_owned(), "7".to_owned()];
        for text in ["-- --postgres-port 7", "--postgres-port 7"] {
            assert_eq!(passed(text), (false, told.clone()));
        }
        for text in ["--platform -- --postgres-port 7", "--postgres-port 7 --platform"] {
            assert_eq!(passed(text), (true, told.clone()));
        }
    }
}
