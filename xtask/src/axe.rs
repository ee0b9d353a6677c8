//! axe, which looks for what keeps people out of a page (WCAG): the browser tests run it on every
//! page.

use std::path::{Path, PathBuf};

use anyhow::ensure;

use crate::npm;

/// Where the tests are told the script.
pub(crate) const SCRIPT: &str = "BANCADA_AXE";
const PACKAGE: &str = "axe-core@4.14.1";
const FOLDER: &str = "target/tools/axe";

/// Makes sure that the script is there. `None` without npm; the browser tests say then that they
/// did not look.
pub(crate) fn ensure(root: &Path) -> anyhow::Result<Option<PathBuf>> {
    let folder = root.join(FOLDER);
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.is_file() && !npm::install(&folder, PACKAGE)? {
        return Ok(None);
    }
    ensure!(script.is_file(), "{PACKAGE} has no {}", script.display());
    Ok(Some(script))
}
