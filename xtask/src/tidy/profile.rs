//! Actors recover from panics by unwinding, so every profile must say `panic = "unwind"`.

use std::path::Path;

use anyhow::Context as _;

/// The browser has neither unwinding nor a supervisor.
const ABORTING: &str = "[profile.wasm]";

/// Every profile of the workspace that does not unwind.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))
        .context("failed to read the workspace's Cargo.toml")?;
    Ok(breaches(&manifest))
}

fn breaches(manifest: &str) -> Vec<String> {
    let sections = sections(manifest);
    let mut found = Vec::new();
    for profile in ["[profile.dev]", "[profile.release]"] {
        let unwinds =
            section(&sections, profile).is_some_and(|lines| lines.contains("panic = \"unwind\""));
        if !unwinds {
            found.push(format!("Cargo.toml: {profile} must say panic = \"unwind\""));
        }
    }
    for (header, body) in &sections {
        if header.starts_with("[profile.")
            && header.as_str() != ABORTING
            && body.contains("\"abort\"")
        {
            found.push(format!("Cargo.toml: {header} must not abort on panic"));
        }
    }
    found
}

fn section<'a>(sections: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    sections.iter().find(|(header, _)| header == wanted).map(|(_, body)| body.as_str())
}

/// Each `[header]` of a manifest with the lines below it.
fn sections(manifest: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            found.push((line.trim().to_owned(), String::new()));
        } else if let Some((_, body)) = found.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_aborts_is_found() {
        let good = "\n[profile.dev]\npanic = \"unwind\"\n[profile.release]\npanic = \"unwind\"\n\
                    [profile.wasm]\npanic = \"abort\"\n";
        assert_eq!(breaches(good), Vec::<String>::new());
        assert_eq!(breaches(&good.replace("[profile.wasm]", "[profile.fast]")).len(), 1);
        assert_eq!(breaches(&good.replacen("unwind", "abort", 1)).len(), 2);
        assert_eq!(breaches("").len(), 2);
    }
}
