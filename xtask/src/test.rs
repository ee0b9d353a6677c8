//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest.

use std::path::Path;

use crate::cargo::cargo;
use crate::failures::succeed_or_tell;
use crate::phase::{Phases, succeed};
use crate::{axe, browser, kafka, pipeline, postgres, tidy, web};

/// Runs every check and test; prints what the test runners print, what of it says why a test
/// failed once more, and the time per phase.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut phases = Phases::default();
    phases.run("formatting", || succeed(cargo(root).args(["fmt", "--all", "--check"])))?;
    phases.run("tidy", || tidy::run(root))?;
    phases.run("lints", || {
        let clippy = ["clippy", "--locked", "--workspace", "--all-targets", "--"];
        succeed(cargo(root).args(clippy).args(["-D", "warnings"]))
    })?;
    phases.run("web pages", || web::run(root, true))?;
    phases.run("proof for the browser", || {
        let proof = ["-p", "bancada-simulator", "-p", "bancada-audit", "--no-default-features"];
        let clippy = ["clippy", "--locked", "--target", web::TARGET];
        succeed(cargo(root).args(clippy).args(proof).args(["--", "-D", "warnings"]))
    })?;
    phases.run("browser", browser::ensure)?;
    let axe = phases.run("accessibility", || axe::ensure(root))?;
    phases.run("postgresql", postgres::ensure_with_pooler)?;
    let libs = phases.run("kafka", || kafka::ensure(root))?;
    let servers = phases.run("elasticsearch", || pipeline::ensure(root))?;
    phases.run("tests", || {
        let test = ["test", "--locked", "--workspace", "--no-fail-fast"];
        let mut tests = cargo(root);
        tests.args(test).env("BANCADA_WEB", root.join("dist/web")).env(kafka::LIBS, &libs);
        tests.envs(servers).envs(axe.map(|script| (axe::SCRIPT, script)));
        succeed_or_tell(&mut tests)
    })?;
    phases.print();
    Ok(())
}
