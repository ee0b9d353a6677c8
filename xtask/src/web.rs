//! `cargo xtask web`: both browser applications and the landing page, as the server serves them.
//!
//! ```text
//! dist/web/index.html           the landing page
//! dist/web/loja/index.html      the shop
//! dist/web/extrato/index.html   the statement
//! dist/web/assets/NAME-HASH.*   everything else; may be cached for ever
//! ```
//! Every file has `.br` and `.gz` siblings.

mod fingerprint;
mod optimizer;
mod size;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::cargo::cargo;
use crate::phase::{Phases, succeed};
use fingerprint::Fingerprint;
use optimizer::Optimizer;
pub(crate) use toolchain::TARGET;
use toolchain::Toolchain;

/// An application: its name in the address, its crate, its page.
struct Application {
    name: &'static str,
    package: &'static str,
    folder: &'static str,
}

const APPLICATIONS: [Application; 2] = [
    Application { name: "loja", package: "bancada-ui-checkout", folder: "ui/checkout" },
    Application { name: "extrato", package: "bancada-ui-extrato", folder: "ui/extrato" },
];
/// Files served as they are, under a name with a hash.
const STATIC_FILES: [&str; 4] = [
    "ui/kit/assets/style.css",
    "ui/kit/assets/boot.js",
    "ui/kit/assets/favicon.svg",
    "ui/landing/landing.js",
];

/// Builds `dist/web` unless nothing has changed since it was built.
pub(crate) fn run(root: &Path, check_size: bool) -> anyhow::Result<()> {
    let finished = root.join("dist/web");
    let sources = fingerprint::sources(root)?;
    let built = Fingerprint::read(&finished);
    let current = toolchain::find().map(|toolchain| {
        let optimizer = Optimizer::find(root);
        Fingerprint::new(&sources, &toolchain, optimizer.as_ref())
    });
    let is_current = built.is_some() && built == current;
    let lacks_optimizer = check_size && built.is_none_or(|built| !built.is_optimized());
    if is_current && !lacks_optimizer {
        println!("web: dist/web is up to date");
        return size::report(&finished, check_size);
    }
    build(root, &finished, &sources, check_size)?;
    size::report(&finished, check_size)
}

fn build(root: &Path, finished: &Path, sources: &str, check_size: bool) -> anyhow::Result<()> {
    let mut phases = Phases::default();
    if toolchain::find().is_none() {
        phases.run("web: toolchain", toolchain::install)?;
    }
    let Some(toolchain) = toolchain::find() else { bail!(toolchain::MISSING) };
    if Optimizer::find(root).is_none() {
        phases.run("web: wasm-opt", || optimizer::install(root, check_size))?;
    }
    let optimizer = Optimizer::find(root);
    if check_size && optimizer.is_none() {
        bail!("--check-size needs wasm-opt: install binaryen, or npm so that it can be fetched");
    }
    phases.run("web: compile", || compile(root, &toolchain))?;
    phases.run("web: bundler", || {
        succeed(cargo(root).args(["build", "--quiet", "--locked", "-p", "bancada-bundler"]))
    })?;
    let work = root.join("target/web/applications");
    for application in &APPLICATIONS {
        let name = application.name;
        let wasm = compiled(root, application);
        phases.run(&format!("web: bindings of {name}"), || bind(root, &wasm, name, &work))?;
        if let Some(optimizer) = &optimizer {
            phases.run(&format!("web: wasm-opt {name}"), || optimizer.shrink(&work, name))?;
        }
    }
    // Built beside the old one and then renamed: a server may be reading that now.
    let building = root.join("dist/web.building");
    phases.run("web: hash and compress", || lay_out(root, &work, &building))?;
    Fingerprint::new(sources, &toolchain, optimizer.as_ref()).write(&building)?;
    swap(&building, finished)?;
    phases.print();
    Ok(())
}

fn compile(root: &Path, toolchain: &Toolchain) -> anyhow::Result<()> {
    let mut command = toolchain.cargo_build(root);
    for application in &APPLICATIONS {
        command.args(["--package", application.package]);
    }
    succeed(&mut command)
}

fn compiled(root: &Path, application: &Application) -> PathBuf {
    root.join("target/web")
        .join(toolchain::TARGET)
        .join("wasm")
        .join(application.package)
        .with_extension("wasm")
}

/// The bundler is a program of its own: it takes minutes to compile, and is needed here only.
fn bundler(root: &Path) -> Command {
    let mut command = cargo(root);
    command.args(["run", "--quiet", "--locked", "-p", "bancada-bundler", "--"]);
    command
}

fn bind(root: &Path, wasm: &Path, name: &str, work: &Path) -> anyhow::Result<()> {
    succeed(bundler(root).arg("bindings").arg(wasm).arg(name).arg(work))
}

fn lay_out(root: &Path, work: &Path, out: &Path) -> anyhow::Result<()> {
    let mut command = bundler(root);
    command.arg("lay-out").arg(out);
    for file in STATIC_FILES {
        command.arg("--asset").arg(root.join(file));
    }
    for Application { name, .. } in &APPLICATIONS {
        command.arg("--asset").arg(work.join(format!("{name}.js")));
        command.arg("--asset").arg(work.join(format!("{name}.wasm")));
    }
    let mut page = |address: &str, folder: &str| {
        let file = root.join(folder).join("index.html");
        command.arg("--page").arg(format!("{address}={}", file.display()));
    };
    page("index.html", "ui/landing");
    for Application { name, folder, .. } in &APPLICATIONS {
        page(&format!("{name}/index.html"), folder);
    }
    succeed(&mut command)
}

fn swap(building: &Path, finished: &Path) -> anyhow::Result<()> {
    if finished.exists() {
        std::fs::remove_dir_all(finished).context("failed to remove the old dist/web")?;
    }
    std::fs::rename(building, finished).context("failed to put the new dist/web in place")
}
