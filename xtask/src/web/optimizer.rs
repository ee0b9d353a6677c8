//! `wasm-opt`, which makes the applications smaller. They work without it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::phase::succeed;
use crate::{debian, npm};

/// The npm package that brings `wasm-opt`, in the version whose result was measured.
const PACKAGE: &str = "binaryen@132.0.0";
const TOOLS: &str = "target/tools";

/// An installed `wasm-opt`.
pub(super) struct Optimizer {
    pub(super) program: PathBuf,
}

impl Optimizer {
    /// On the search path, or where [`install`] puts it.
    pub(super) fn find(root: &Path) -> Option<Optimizer> {
        let fetched = root.join(TOOLS).join("node_modules/.bin/wasm-opt");
        debian::located("wasm-opt")
            .or_else(|| fetched.is_file().then_some(fetched))
            .map(|program| Optimizer { program })
    }

    /// Optimizes `NAME.wasm` in `folder` for size.
    pub(super) fn shrink(&self, folder: &Path, name: &str) -> anyhow::Result<()> {
        let wasm = folder.join(name).with_extension("wasm");
        let smaller = folder.join(name).with_extension("smaller.wasm");
        succeed(Command::new(&self.program).arg("-Oz").arg(&wasm).arg("--output").arg(&smaller))?;
        std::fs::rename(&smaller, &wasm).context("failed to replace the larger wasm")
    }
}

/// Fetches it by npm. Without npm, or if that fails, only `required` makes it an error.
pub(super) fn install(root: &Path, required: bool) -> anyhow::Result<()> {
    match npm::install(&root.join(TOOLS), PACKAGE) {
        Ok(true) => Ok(()),
        Ok(false) => {
            println!("no wasm-opt and no npm to fetch it: the applications will be larger");
            Ok(())
        }
        Err(error) if !required => {
            println!("no wasm-opt ({error}): the applications will be larger");
            Ok(())
        }
        Err(error) => Err(error),
    }
}
