//! `cargo xtask bench`: ratios against baselines measured in the same run.

use std::path::Path;

use crate::cargo::cargo;
use crate::phase::succeed;

/// Builds and runs the benchmarks in the release profile.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = cargo(root);
    command.args(["run", "--locked", "--release", "-p", "bancada-bench", "--"]);
    succeed(command.args(arguments))
}
