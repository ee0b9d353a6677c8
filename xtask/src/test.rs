//! `cargo xtask test` and `cargo xtask check`: what must hold, in the order in which it fails
//! fastest.

use std::path::Path;

use anyhow::{Context as _, bail};
use cargo_metadata::Metadata;

use crate::cargo::cargo;
use crate::failures::succeed_or_tell;
use crate::needs::{self, Variables};
use crate::phase::{Phases, succeed};
use crate::{tidy, web};

/// Tests in folders of their own that start no server and last seconds.
const WITHOUT_SERVERS: [&str; 6] = ["bank", "dashboards", "edge", "life", "shell", "tree"];

/// Runs every check and test; prints what the test runners print, what of it says why a test
/// failed once more, and the time per phase.
pub(crate) fn all(root: &Path) -> anyhow::Result<()> {
    let mut phases = Phases::default();
    rules(root, &mut phases)?;
    let variables = needs::ensure(root, &mut phases, needs::ALL)?;
    phases.run("proof for the browser", || {
        let proof = ["-p", "bancada-simulator", "-p", "bancada-audit", "--no-default-features"];
        let clippy = ["clippy", "--locked", "--target", web::TARGET];
        succeed(cargo(root).args(clippy).args(proof).args(["--", "-D", "warnings"]))
    })?;
    run_tests(root, &mut phases, &["--workspace"], variables)?;
    phases.print();
    Ok(())
}

/// Runs what needs no server and lasts seconds on a warm machine: for after each change.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let mut phases = Phases::default();
    rules(root, &mut phases)?;
    let mut targets = vec!["--workspace", "--lib", "--bins"];
    targets.extend(WITHOUT_SERVERS.iter().flat_map(|name| ["--test", name]));
    run_tests(root, &mut phases, &targets, Variables::new())?;
    phases.print();
    Ok(())
}

/// Runs the tests of one crate, with just what they need.
pub(crate) fn one(root: &Path, metadata: &Metadata, name: &str) -> anyhow::Result<()> {
    let names = metadata.packages.iter().map(|package| package.name.to_string());
    let mut known: Vec<_> = names.collect();
    known.sort_unstable();
    let is_it = |known: &String| known == name || known.strip_prefix("bancada-") == Some(name);
    let Some(package) = known.iter().find(|known| is_it(known)) else {
        let known: Vec<_> = known.iter().map(|it| it.trim_start_matches("bancada-")).collect();
        bail!("there is no crate {name}; there are {}", known.join(", "));
    };
    let mut phases = Phases::default();
    let variables = needs::ensure(root, &mut phases, needs::of(package))?;
    let run = run_tests(root, &mut phases, &["-p", package], variables);
    run.with_context(|| format!("{package} is not well"))?;
    phases.print();
    Ok(())
}

fn rules(root: &Path, phases: &mut Phases) -> anyhow::Result<()> {
    phases.run("formatting", || succeed(cargo(root).args(["fmt", "--all", "--check"])))?;
    phases.run("tidy", || tidy::run(root))?;
    phases.run("lints", || {
        let clippy = ["clippy", "--locked", "--workspace", "--all-targets", "--"];
        succeed(cargo(root).args(clippy).args(["-D", "warnings"]))
    })
}

fn run_tests(
    root: &Path,
    phases: &mut Phases,
    targets: &[&str],
    variables: Variables,
) -> anyhow::Result<()> {
    phases.run("tests", || {
        let mut tests = cargo(root);
        tests.args(["test", "--locked", "--no-fail-fast"]).args(targets).envs(variables);
        succeed_or_tell(&mut tests)
    })
}
