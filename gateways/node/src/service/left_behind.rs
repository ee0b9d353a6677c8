//! What a service has in a file when it is told to use a database.

use std::path::Path;

/// Refuses to begin anew beside data that nobody would look at any more.
pub(crate) fn refuse(file: &Path, what: &str) -> anyhow::Result<()> {
    anyhow::ensure!(
        !file.exists(),
        "there are {what} in {}, which a database would not have: start without --postgres to go \
         on with them, or move the file away to begin without them",
        file.display()
    );
    Ok(())
}
