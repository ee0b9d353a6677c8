//! The project's own commands: `cargo xtask --help`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is this program's job")]

mod phase;
mod test;
mod tidy;

use std::path::PathBuf;

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
    /// Run every check and test: formatting, lints, tidy, unit and end-to-end tests.
    Test,
    /// Check the rules of STYLE.md: dependency arrow, file sizes and names, machine paths.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    let root = workspace_root()?;
    match Arguments::parse().command {
        Command::Test => test::run(&root),
        Command::Tidy => tidy::run(&root),
    }
}

fn workspace_root() -> anyhow::Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .no_deps()
        .exec()
        .context("failed to read the workspace; run this inside a checkout of Bancada")?;
    Ok(metadata.workspace_root.into_std_path_buf())
}
