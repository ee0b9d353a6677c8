//! The PostgreSQL that tests and the platform start, and the pooler that tests put before it.

use std::path::Path;

use anyhow::bail;

use crate::debian;

const PROGRAM: &str = "postgres";
const PACKAGE: &str = "postgresql";
const POOLER: &str = "pgbouncer";

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

/// The same with PgBouncer, which only tests start.
pub(crate) fn ensure_with_pooler() -> anyhow::Result<()> {
    ensure()?;
    // Where Debian keeps it, which is on nobody's search path but root's.
    if debian::exists(POOLER) || Path::new("/usr/sbin").join(POOLER).is_file() {
        return Ok(());
    }
    if !debian::can_install() {
        bail!(
            "PgBouncer is needed: install it so that `{POOLER}` is on the search path; on Debian, \
             as root: apt-get install {POOLER}"
        );
    }
    debian::install(&[POOLER])
}

fn is_where_debian_keeps_it() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin").join(PROGRAM)).any(|file| file.is_file())
}
