//! What comes from npm.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::debian;
use crate::phase::succeed;

/// Puts a package, as `NAME@VERSION`, into `folder`, which has no other: npm would remove it. False
/// when there is no npm.
pub(crate) fn install(folder: &Path, package: &str) -> anyhow::Result<bool> {
    if !debian::exists("npm") {
        return Ok(false);
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("failed to create {}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
    succeed(npm.arg(folder).arg(package))?;
    Ok(true)
}
