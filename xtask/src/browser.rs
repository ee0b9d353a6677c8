//! The browser that the end-to-end tests drive.

use anyhow::bail;

use crate::debian;

const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Makes sure that Chromium and its driver are there.
pub(crate) fn ensure() -> anyhow::Result<()> {
    if PROGRAMS.iter().all(|program| debian::exists(program)) {
        return Ok(());
    }
    if !debian::can_install() {
        bail!(
            "the browser tests need Chromium and its driver on the search path; on Debian, as \
             root: apt-get install {}",
            PACKAGES.join(" ")
        );
    }
    debian::install(&PACKAGES)
}
