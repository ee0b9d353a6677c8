//! The PostgreSQL that tests and the platform start.

use anyhow::bail;

use crate::debian;

const PROGRAM: &str = "postgres";
const PACKAGE: &str = "postgresql";

/// Makes sure that a PostgreSQL server is installed; none needs to run.
pub(crate) fn ensure() -> anyhow::Result<()> {
    if debian::exists(PROGRAM) || is_where_debian_keeps_it() {
        return Ok(());
    }
    if !debian::can_install() {
        bail!(
            "PostgreSQL is needed: install it so that `{PROGRAM}` is on the search path; on \
             Debian, as root: apt-get install {PACKAGE}"
        );
    }
    debian::install(&[PACKAGE])
}

fn is_where_debian_keeps_it() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin").join(PROGRAM)).any(|file| file.is_file())
}
