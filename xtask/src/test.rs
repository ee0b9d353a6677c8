//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest.

use std::path::Path;
use std::process::Command;

use crate::phase::{Phases, succeed};
use crate::tidy;

/// Runs every check and test; prints the test runners' own closing lines and the time per phase.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut phases = Phases::default();
    phases.run("formatting", || succeed(cargo(root).args(["fmt", "--all", "--check"])))?;
    phases.run("tidy", || tidy::run(root))?;
    phases.run("lints", || {
        succeed(cargo(root).args([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    phases.run("tests", || {
        succeed(cargo(root).args(["test", "--locked", "--workspace", "--no-fail-fast"]))
    })?;
    phases.print();
    Ok(())
}

/// The cargo that runs this program, in the workspace.
fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}
