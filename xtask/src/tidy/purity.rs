//! The pure cores: what an actor crate decides names no actor, no clock and nothing outside.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;

/// Crates of which everything is pure that is not behind the feature `shell`.
const CORES: [&str; 4] = ["actors/kernel", "actors/bank", "actors/checkout", "actors/extrato"];
/// What a core is told by its shell, or leaves to it.
const NEVER: [&str; 14] = [
    "actix",
    "bancada_supervision",
    "tokio",
    "tracing",
    "rand",
    "Instant",
    "SystemTime",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
];

/// Every breach in these files.
pub(super) fn check(root: &Path, files: &[String]) -> anyhow::Result<Vec<String>> {
    let mut breaches = Vec::new();
    for core in CORES {
        let read = |file: &str| {
            std::fs::read_to_string(root.join(file))
                .with_context(|| format!("failed to read {file}"))
        };
        let shell = shell_modules(&read(&format!("{core}/src/lib.rs"))?);
        let source = format!("{core}/src/");
        for file in files.iter().filter(|file| file.ends_with(".rs")) {
            let Some(module) = file.strip_prefix(&source) else { continue };
            let top = module.split(['/', '.']).next().unwrap_or_default();
            // Tests may wait, and read corpora.
            let is_test = module.split('/').any(|part| part == "tests" || part == "tests.rs");
            if shell.contains(top) || is_test || top == "lib" {
                continue;
            }
            breaches.extend(named(&read(file)?).map(|(line, name)| {
                format!("{file}:{line}: names {name}, which is for the shell")
            }));
        }
    }
    Ok(breaches)
}

/// The modules of a crate that are built with the feature `shell` only.
fn shell_modules(lib: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    let mut is_gated = false;
    for line in lib.lines() {
        let module = line.trim_start_matches("pub ").strip_prefix("mod ");
        if let Some(name) = module.and_then(|rest| rest.strip_suffix(';')).filter(|_| is_gated) {
            modules.insert(name.to_owned());
        }
        is_gated = line.contains("feature = \"shell\"");
    }
    modules
}

/// What the code before its tests names, and where.
fn named(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.flat_map(|(n, line)| {
        let named = NEVER.into_iter().find(|name| has_word(line, name));
        named.map(|name| (n + 1, name))
    })
}

/// Whether a line has this name by itself, not as a part of another one.
fn has_word(line: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_shell_may_name_is_found_before_the_tests_of_a_file() {
        let file = "use std::time::Duration;\n\
                    // tokio waits\n\
                    fn now() -> Instant { Instant::now() }\n\
                    fn brand() {}\n\
                    fn log() { tracing::warn!(1); }\n\
                    #[cfg(test)]\n\
                    mod tests { use tokio::time; }\n";
        let found: Vec<_> = named(file).collect();
        assert_eq!(found, [(3, "Instant"), (5, "tracing")]);
    }

    #[test]
    fn modules_behind_the_feature_are_the_shell() {
        let lib = "mod ledger;\n#[cfg(feature = \"shell\")]\nmod handle;\npub mod ports;\n\
                   #[cfg(feature = \"shell\")]\npub mod tree;\n";
        assert_eq!(shell_modules(lib).into_iter().collect::<Vec<_>>(), ["handle", "tree"]);
    }
}
