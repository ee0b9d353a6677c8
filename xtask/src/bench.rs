//! `cargo xtask bench`: ratios against baselines measured in the same run.

use std::path::Path;

use crate::cargo::cargo;
use crate::kafka;
use crate::phase::succeed;

/// Builds and runs the benchmarks in the release profile.
pub(crate) fn run(root: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = cargo(root);
    if needs_kafka(arguments) {
        command.env(kafka::LIBS, kafka::ensure(root)?);
    }
    command.args(["run", "--locked", "--release", "-p", "bancada-bench", "--"]);
    succeed(command.args(arguments))
}

/// Whether the goal is measured that needs Kafka: it is named, or none is.
fn needs_kafka(arguments: &[String]) -> bool {
    let is_named = |argument: &&String| argument.starts_with('g') || *argument == "recovery";
    let mut named = arguments.iter().filter(is_named).peekable();
    named.peek().is_none() || named.any(|goal| goal == "g7")
}
