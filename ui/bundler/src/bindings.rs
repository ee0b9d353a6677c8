//! The JavaScript between a compiled application and the browser.

use std::path::Path;

use anyhow::{Context as _, bail};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `NAME.js` and `NAME.wasm` into `folder`.
pub(crate) fn generate(compiled: &Path, name: &str, folder: &Path) -> anyhow::Result<()> {
    let mut output = Bindgen::new()
        .web(true)?
        .typescript(false)
        // The page tells where the wasm is, because its name carries a hash.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_path(compiled)
        .out_name(name)
        .generate_output()
        .with_context(|| format!("failed to generate the bindings of {name}"))?;
    let has_snippets = output.snippets().values().any(|snippets| !snippets.is_empty());
    if has_snippets || !output.local_modules().is_empty() {
        bail!("{name} has JavaScript of its dependencies, which dist/web has no place for");
    }
    std::fs::create_dir_all(folder).context("failed to create the folder for bindings")?;
    std::fs::write(folder.join(name).with_extension("js"), output.js())
        .context("failed to write the bindings")?;
    std::fs::write(folder.join(name).with_extension("wasm"), output.wasm_mut().emit_wasm())
        .context("failed to write the wasm")
}
