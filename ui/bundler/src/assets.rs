//! Files under names that carry a hash of their content, compressed ahead of time.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

/// Hexadecimal digits of a hash in a name: enough that two versions never share one.
const HASH_DIGITS: usize = 16;

/// What has been written so far.
pub(crate) struct Assets {
    out: PathBuf,
    /// From the name in the source tree to the address.
    addresses: BTreeMap<String, String>,
}

impl Assets {
    pub(crate) fn new(out: &Path) -> Assets {
        Assets { out: out.to_owned(), addresses: BTreeMap::new() }
    }

    /// Puts a file under its hashed name; pages name it `{{its-name}}`.
    pub(crate) fn add(&mut self, file: &Path) -> anyhow::Result<()> {
        let bytes = std::fs::read(file).with_context(|| format!("failed to read {file:?}"))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let address = format!("/assets/{}", hashed(&name, &bytes));
        self.write(&address, &bytes)?;
        self.addresses.insert(name, address);
        Ok(())
    }

    /// Writes a page whose `{{name}}`s are replaced by the addresses of added files.
    pub(crate) fn page(&self, template: &Path, address: &str) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(template)
            .with_context(|| format!("failed to read {template:?}"))?;
        let page = filled(&text, &self.addresses).with_context(|| format!("in {template:?}"))?;
        self.write(address, page.as_bytes())
    }

    fn write(&self, address: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let file = self.out.join(address.trim_start_matches('/'));
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).context("failed to create a folder of dist/web")?;
        }
        let beside = |extension: &str| {
            let mut name = file.clone().into_os_string();
            name.push(extension);
            PathBuf::from(name)
        };
        for (path, content) in [
            (file.clone(), bytes.to_vec()),
            (beside(".br"), brotli(bytes)?),
            (beside(".gz"), gzip(bytes)?),
        ] {
            std::fs::write(&path, content).with_context(|| format!("failed to write {path:?}"))?;
        }
        Ok(())
    }
}

fn hashed(name: &str, bytes: &[u8]) -> String {
    let hash = format!("{:x}", Sha256::digest(bytes));
    let hash = &hash[..HASH_DIGITS];
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash}.{extension}"),
        None => format!("{name}-{hash}"),
    }
}

fn filled(template: &str, addresses: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { bail!("a {{{{ is not closed") };
        let Some(address) = addresses.get(name) else { bail!("there is no asset {name:?}") };
        page.push_str(before);
        page.push_str(address);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

fn brotli(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)
        .context("failed to compress by brotli")?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).context("failed to compress by gzip")?;
    encoder.finish().context("failed to compress by gzip")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_carries_a_hash_of_its_content() {
        let name = hashed("style.css", b"a");
        assert_eq!(name, "style-ca978112ca1bbdca.css");
        assert_ne!(name, hashed("style.css", b"b"));
    }

    #[test]
    fn pages_name_only_what_exists() {
        let addresses = BTreeMap::from([("a.js".to_owned(), "/assets/a-1.js".to_owned())]);
        let fill = |template| filled(template, &addresses).ok();
        assert_eq!(
            fill("x {{a.js}} y {{a.js}}").as_deref(),
            Some("x /assets/a-1.js y /assets/a-1.js")
        );
        assert_eq!(fill("plain").as_deref(), Some("plain"));
        assert_eq!(fill("{{b.js}}"), None);
        assert_eq!(fill("{{a.js"), None);
    }
}
