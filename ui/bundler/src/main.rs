//! Makes what the server serves of compiled applications. `cargo xtask web` runs it, and is a
//! program of its own, because this one takes minutes to compile.

mod assets;
mod bindings;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::assets::Assets;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the JavaScript between a compiled application and the browser.
    Bindings {
        /// What the compiler made.
        compiled: PathBuf,
        /// What NAME.js and NAME.wasm are called.
        name: String,
        /// Where they are written.
        folder: PathBuf,
    },
    /// Lay out all files under their addresses, hashed and compressed.
    LayOut(LayOut),
}

#[derive(Args)]
struct LayOut {
    /// An empty folder, or none yet.
    out: PathBuf,
    /// Served under a name with a hash; pages name it `{{its-name}}`.
    #[arg(long, value_name = "FILE")]
    asset: Vec<PathBuf>,
    /// A page, and its address.
    #[arg(long, value_name = "ADDRESS=FILE", value_parser = page)]
    page: Vec<(String, PathBuf)>,
}

fn page(text: &str) -> Result<(String, PathBuf), String> {
    let (address, file) = text.split_once('=').ok_or("write ADDRESS=FILE")?;
    Ok((address.to_owned(), file.into()))
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Bindings { compiled, name, folder } => {
            bindings::generate(&compiled, &name, &folder)
        }
        Command::LayOut(files) => lay_out(&files),
    }
}

fn lay_out(files: &LayOut) -> anyhow::Result<()> {
    let LayOut { out, asset, page } = files;
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("failed to clear {out:?}"))?;
    }
    let mut assets = Assets::new(out);
    asset.iter().try_for_each(|file| assets.add(file))?;
    page.iter().try_for_each(|(address, file)| assets.page(file, address))
}
