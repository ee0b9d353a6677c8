//! Whether anything has changed since `dist/web` was built.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::optimizer::Optimizer;
use super::toolchain::Toolchain;

const FILE: &str = ".fingerprint";
/// Everything that ends up in the pages, and this program's own part in it.
const INPUTS: [&str; 10] = [
    "ui/kit",
    "ui/checkout",
    "ui/extrato",
    "ui/landing",
    "proto",
    "actors/kernel",
    "xtask/src/web.rs",
    "xtask/src/web",
    "Cargo.toml",
    "Cargo.lock",
];
const NO_OPTIMIZER: &str = "none";

/// What `dist/web` was built from and by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    sources: String,
    toolchain: String,
    optimizer: String,
}

impl Fingerprint {
    pub(super) fn new(
        sources: &str,
        toolchain: &Toolchain,
        optimizer: Option<&Optimizer>,
    ) -> Fingerprint {
        Fingerprint {
            sources: sources.to_owned(),
            toolchain: toolchain.version.clone(),
            optimizer: optimizer
                .map_or(NO_OPTIMIZER.to_owned(), |found| found.program.display().to_string()),
        }
    }

    /// What a finished build says of itself; `None` if there is none.
    pub(super) fn read(folder: &Path) -> Option<Fingerprint> {
        let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
        let mut lines = text.lines().map(str::to_owned);
        Some(Fingerprint {
            sources: lines.next()?,
            toolchain: lines.next()?,
            optimizer: lines.next()?,
        })
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = format!("{}\n{}\n{}\n", self.sources, self.toolchain, self.optimizer);
        std::fs::write(folder.join(FILE), text).context("failed to write the fingerprint")
    }

    pub(super) fn is_optimized(&self) -> bool {
        self.optimizer != NO_OPTIMIZER
    }
}

/// One hash over the names and contents of every input.
pub(super) fn sources(root: &Path) -> anyhow::Result<String> {
    hash(root, &INPUTS)
}

fn hash(root: &Path, inputs: &[&str]) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(&root.join(input), &mut files)?;
    }
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| format!("failed to read {file:?}"))?;
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        // The lengths keep a name's end from passing for the beginning of its content.
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    }
    Ok(format!("{:x}", hasher.finalize()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("failed to list {path:?}"))?;
    for entry in entries {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_added_or_renamed_file_changes_the_hash() {
        let folder = std::env::temp_dir().join(format!("bancada-web-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("in/deep")).unwrap();
        let file = folder.join("in/deep/a");
        let mut seen = Vec::new();
        let mut look = || seen.push(hash(&folder, &["in"]).unwrap());
        std::fs::write(&file, "1").unwrap();
        look();
        look();
        std::fs::write(&file, "2").unwrap();
        look();
        std::fs::write(folder.join("in/b"), "").unwrap();
        look();
        std::fs::rename(&file, folder.join("in/deep/c")).unwrap();
        look();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(seen[0], seen[1]);
        seen.dedup();
        assert_eq!(seen.len(), 4, "{seen:?}");
    }
}
