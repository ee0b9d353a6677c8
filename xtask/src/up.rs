//! `cargo xtask up`: builds what is missing and becomes `bancada up`.

use std::os::unix::process::CommandExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::cargo::cargo;
use crate::phase::{Phases, succeed};
use crate::web;

/// Builds the web pages and the release binary, and runs it in place of this process, so that
/// Ctrl-C reaches it alone.
pub(crate) fn run(root: &Path, target: &Path, arguments: &[String]) -> anyhow::Result<()> {
    web::run(root, false)?;
    let mut phases = Phases::default();
    phases.run("bancada: compile", || {
        succeed(cargo(root).args(["build", "--locked", "--release", "-p", "bancada-node"]))
    })?;
    let program = target.join("release/bancada");
    let mut command = std::process::Command::new(&program);
    command.arg("up").args(arguments);
    command.env("BANCADA_WEB", root.join("dist/web"));
    if std::env::var_os("BANCADA_DATA").is_none() {
        command.env("BANCADA_DATA", root.join("bancada-data"));
    }
    if std::env::var_os("BANCADA_LOG").is_none() {
        command.env("BANCADA_LOG", "warn");
    }
    let error = command.exec();
    Err(error).with_context(|| format!("failed to start {}", program.display()))
}
