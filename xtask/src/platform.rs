//! `cargo xtask up --platform`: fetches the servers and becomes `bancada-platform`.

use std::os::unix::process::CommandExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::cargo::cargo;
use crate::phase::{Phases, succeed};
use crate::{kafka, maven, pipeline, postgres, web};

/// Fetches what is needed of PostgreSQL, Kafka, Kafka Connect and Elasticsearch, builds the rest,
/// and runs it in place of this process, so that Ctrl-C reaches it alone.
pub(crate) fn run(root: &Path, target: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let mut phases = Phases::default();
    let is_given = |option: &str| {
        let variable = format!("BANCADA_{}", option.trim_start_matches('-').to_uppercase());
        let is_it =
            |argument: &String| argument == option || argument.starts_with(&format!("{option}="));
        arguments.iter().any(is_it) || std::env::var_os(variable).is_some()
    };
    let is_question = arguments.iter().any(|it| ["--help", "-h", "--version"].contains(&&**it));
    let mut told = Vec::new();
    if !is_question {
        web::run(root, false)?;
        if !is_given("--postgres") {
            phases.run("postgresql", postgres::ensure)?;
        }
        let has_copies = !is_given("--no-elasticsearch");
        if has_copies || !is_given("--kafka") {
            phases.run("java", maven::ensure)?;
            let libs = phases.run("kafka", || kafka::ensure(root))?;
            told.push((kafka::LIBS, libs));
        }
        if has_copies {
            told.push(phases.run("connector", || pipeline::connector(root)).context(
                "the copies of payments cannot be made; without them: --no-elasticsearch",
            )?);
        }
        if has_copies && !is_given("--elasticsearch") {
            told.push(phases.run("elasticsearch", || pipeline::elasticsearch(root))?);
        }
    }
    phases.run("bancada: compile", || {
        let build = ["build", "--locked", "--release", "-p", "bancada-node"];
        succeed(cargo(root).args(build).args(["-p", "bancada-platform"]))
    })?;
    let program = target.join("release/bancada-platform");
    let mut command = std::process::Command::new(&program);
    command.args(arguments).envs(told).env("BANCADA_WEB", root.join("dist/web"));
    if std::env::var_os("BANCADA_DATA").is_none() {
        command.env("BANCADA_DATA", root.join("bancada-data/platform"));
    }
    if std::env::var_os("BANCADA_LOG").is_none() {
        command.env("BANCADA_LOG", "warn");
    }
    let error = command.exec();
    Err(error).with_context(|| format!("failed to start {}", program.display()))
}
