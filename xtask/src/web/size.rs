//! How large the applications are on their way to a browser.

use std::path::Path;

use anyhow::{Context as _, bail};

/// The most bytes of one compressed application.
const MAX_BYTES: u64 = 200_000;

/// Prints the sizes; with `check`, an application above the limit is an error.
pub(super) fn report(dist: &Path, check: bool) -> anyhow::Result<()> {
    let folder = dist.join("assets");
    let mut too_large = Vec::new();
    let mut n_found = 0;
    for entry in std::fs::read_dir(&folder).context("failed to list dist/web/assets")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(wasm) = name.strip_suffix(".br").filter(|name| name.ends_with(".wasm")) else {
            continue;
        };
        let (plain, compressed) = (entry.path().with_extension("").metadata()?, entry.metadata()?);
        println!("web: {wasm}: {} bytes, {} compressed", plain.len(), compressed.len());
        n_found += 1;
        if compressed.len() > MAX_BYTES {
            too_large.push(name);
        }
    }
    if check && n_found == 0 {
        bail!("there is no application in {}", folder.display());
    }
    if check && !too_large.is_empty() {
        bail!("larger than {MAX_BYTES} bytes: {}", too_large.join(", "));
    }
    Ok(())
}
