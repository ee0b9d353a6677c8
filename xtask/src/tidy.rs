//! `cargo xtask tidy`: the rules of STYLE.md that a program can check.

mod arrow;
mod documents;
mod profile;
mod purity;
mod source;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// Checks the whole tree and lists every breach; an error if there is one.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut breaches = arrow::check(root)?;
    breaches.extend(profile::check(root)?);
    let files = tracked_files(root)?;
    breaches.extend(documents::check(root, &files)?);
    breaches.extend(purity::check(root, &files)?);
    for file in &files {
        breaches.extend(source::check(root, file)?);
    }
    if breaches.is_empty() {
        println!("tidy: {} files keep the rules", files.len());
        return Ok(());
    }
    for breach in &breaches {
        eprintln!("tidy: {breach}");
    }
    bail!("{} breaches of the rules in STYLE.md", breaches.len());
}

/// Every file that git tracks, or would track, relative to the root.
fn tracked_files(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("failed to run git ls-files")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut files: Vec<String> = names
        .split('\0')
        .filter(|name| !name.is_empty() && root.join(name).is_file())
        .map(str::to_owned)
        .collect();
    files.dedup();
    Ok(files)
}
