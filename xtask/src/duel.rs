//! `cargo xtask duel`: this Bank against the original system's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::cargo::cargo;
use crate::debian;
use crate::phase::{Phases, succeed};
use crate::{kafka, postgres};

/// Where the original is, and how the duel is fought.
#[derive(clap::Args)]
pub(crate) struct DuelOptions {
    /// A checkout of the original system, with its folder `codebank`. It is not ours to hand on:
    /// its repository is codeedu/imersao9 on GitHub.
    #[arg(long, value_name = "DIR")]
    original: PathBuf,
    /// Options of the duel, e.g. --rounds 5 --seconds 10 --payers 32.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Builds both and lets them pay.
pub(crate) fn run(root: &Path, target: &Path, options: &DuelOptions) -> anyhow::Result<()> {
    let source = options.original.join("codebank");
    if !source.join("main.go").is_file() {
        bail!("{} is no checkout of the original: it has no codebank/main.go", {
            options.original.display()
        });
    }
    if !debian::exists("go") {
        bail!("the original is written in Go: install it (on Debian: apt-get install golang-go)");
    }
    let folder = target.join("duel");
    std::fs::create_dir_all(&folder)?;
    let mut phases = Phases::default();
    let original = phases.run("original: compile", || build(&source, &folder))?;
    phases.run("postgresql", postgres::ensure)?;
    let libs = phases.run("kafka", || kafka::ensure(root))?;
    phases.run("bancada: compile", || {
        let build = ["build", "--locked", "--release", "-p", "bancada-node"];
        succeed(cargo(root).args(build).args(["-p", "bancada-platform"]))
    })?;
    let mut duel = Command::new(target.join("release/bancada-platform"));
    duel.arg("duel").arg("--original").arg(original);
    duel.arg("--schema").arg(source.join("db.sql"));
    duel.arg("--data").arg(folder.join("data")).args(&options.arguments);
    succeed(duel.env(kafka::LIBS, libs))
}

/// Builds a copy: Go may want to complete the list of what it depends on.
fn build(source: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let copy = folder.join("source");
    if copy.exists() {
        std::fs::remove_dir_all(&copy)?;
    }
    succeed(Command::new("cp").arg("-r").arg(source).arg(&copy))?;
    let program = folder.join("original");
    let mut go = Command::new("go");
    go.current_dir(&copy).args(["build", "-mod=mod", "-o"]).arg(&program).arg(".");
    succeed(&mut go).context("the original cannot be built")?;
    Ok(program)
}
