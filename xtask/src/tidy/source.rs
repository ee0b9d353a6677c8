//! Rules for one file: its size, its lines, its name, and what it must not contain.

use std::path::Path;

use anyhow::Context as _;

/// Lines of a Rust file that a person can still hold in their head.
const MAX_LINES: usize = 400;
/// Characters of a line of Rust.
const MAX_COLUMNS: usize = 100;
/// Bytes of any file: a larger one does not belong into the history.
const MAX_BYTES: usize = 1 << 20;
/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["utils.rs", "util.rs", "helpers.rs", "common.rs", "misc.rs"];

/// Every breach in one tracked file.
pub(super) fn check(root: &Path, file: &str) -> anyhow::Result<Vec<String>> {
    let bytes = std::fs::read(root.join(file)).with_context(|| format!("failed to read {file}"))?;
    Ok(breaches(file, &bytes))
}

fn breaches(file: &str, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let name = file.rsplit('/').next().unwrap_or(file);
    if bytes.len() > MAX_BYTES {
        found.push(format!("{file}: {} bytes, more than {MAX_BYTES}", bytes.len()));
    }
    if EMPTY_NAMES.contains(&name) {
        found.push(format!("{file}: name the file after the one thing in it"));
    }
    if file.ends_with(".sh") {
        found.push(format!("{file}: scripts are written in xtask"));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return found };
    found.extend(text.lines().enumerate().filter_map(|(n, line)| {
        machine_path(line).map(|path| format!("{file}:{}: a machine's path, {path}", n + 1))
    }));
    if file.ends_with(".rs") {
        found.extend(rust_breaches(file, text));
    }
    found
}

fn rust_breaches(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let n_lines = text.lines().count();
    if n_lines > MAX_LINES {
        found.push(format!("{file}: {n_lines} lines, more than {MAX_LINES}; split it"));
    }
    for (n, line) in text.lines().enumerate() {
        let n_columns = line.chars().count();
        if n_columns > MAX_COLUMNS {
            found.push(format!("{file}:{}: {n_columns} columns", n + 1));
        }
        if line.trim_start().starts_with("//") && unfinished(line) {
            found.push(format!("{file}:{}: finish it or open an issue", n + 1));
        }
    }
    found
}

fn unfinished(line: &str) -> bool {
    // Spelled in two parts, so that this file passes its own check.
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")]
        .iter()
        .any(|word| line.contains(word))
}

/// A path that exists only on somebody's machine.
fn machine_path(line: &str) -> Option<&str> {
    [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/")]
        .iter()
        .find_map(|prefix| {
            let at = line.find(prefix)?;
            // A longer path or URL may contain the word as one of its folders.
            let alone = line[..at]
                .chars()
                .next_back()
                .is_none_or(|before| !before.is_alphanumeric() && !"._-}*".contains(before));
            alone.then(|| line[at..].split(['"', '\'', ' ', '`']).next().unwrap_or_default())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_its_breach() {
        let long_line = format!("//{}", "x".repeat(99));
        let many_lines = "\n".repeat(401);
        let path = concat!("see /ro", "ot/secret");
        let note = concat!("// TO", "DO later");
        for (file, text, n_breaches) in [
            ("actors/bank/src/lib.rs", "//! Fine.\n", 0),
            ("actors/bank/src/lib.rs", long_line.as_str(), 1),
            ("actors/bank/src/lib.rs", many_lines.as_str(), 1),
            ("actors/bank/src/lib.rs", note, 1),
            ("actors/bank/src/helpers.rs", "", 1),
            ("README.md", path, 1),
            ("README.md", "https://example.com/home/page", 0),
            ("run.sh", "", 1),
        ] {
            let found = breaches(file, text.as_bytes());
            assert_eq!(found.len(), n_breaches, "{file}: {found:?}");
        }
    }
}
