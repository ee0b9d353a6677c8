//! Documents: what they name in the tree is there.

use std::path::Path;

use anyhow::Context as _;

/// A name in a document that begins with one of these is a path from the root.
const ROOMS: [&str; 10] = [
    "actors/",
    "docs/",
    "gateways/",
    "kubernetes/",
    "observability/",
    "proof/",
    "proto/",
    "ui/",
    "xtask/",
    ".ci/",
];

/// Every path that a document names and that is not there.
pub(super) fn check(root: &Path, files: &[String]) -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| file.ends_with(".md")) {
        let text = std::fs::read_to_string(root.join(file))
            .with_context(|| format!("failed to read {file}"))?;
        let folder = Path::new(file).parent().unwrap_or(Path::new(""));
        for (line, path) in paths(&text) {
            if !root.join(path).exists() {
                breaches.push(format!("{file}:{line}: names {path}, which is not there"));
            }
        }
        for (line, target) in links(&text) {
            if !root.join(folder).join(target).exists() {
                breaches.push(format!("{file}:{line}: leads to {target}, which is not there"));
            }
        }
    }
    Ok(breaches)
}

/// Paths from the root between backticks. One with a pattern or a placeholder is none.
fn paths(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(n, line)| {
        let spans = line.split('`').skip(1).step_by(2);
        let is_path = |span: &&str| {
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/._-".contains(c);
            ROOMS.iter().any(|room| span.starts_with(room)) && span.chars().all(is_plain)
        };
        spans.filter(is_path).map(move |span| (n + 1, span))
    })
}

/// Where links lead to in the tree.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(n, line)| {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let inside = targets.filter(|it| !it.contains("://") && !it.starts_with('#'));
        inside.map(move |it| (n + 1, it.split('#').next().unwrap_or(it)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_links_are_found_and_patterns_are_none() {
        let text = "see `proof/load/src/log.rs` and `cargo xtask tidy`, `gateways/*/src`\n\
                    [tour](docs/tour.md#shop), [site](https://example.org), [here](#here)";
        assert_eq!(paths(text).collect::<Vec<_>>(), [(1, "proof/load/src/log.rs")]);
        assert_eq!(links(text).collect::<Vec<_>>(), [(2, "docs/tour.md")]);
    }
}
