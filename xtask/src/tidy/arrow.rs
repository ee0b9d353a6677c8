//! The dependency arrow: `proto <- gateways -> actors -> nothing`, and everything `<- proof`.

use std::path::Path;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, MetadataCommand};

/// What a layer may name of ours, and what it may never name of others.
struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

/// Wire types, transports and SQL: an actor knows none of them.
const EDGES: &[&str] = &[
    "actix-files",
    "actix-web",
    "hyper",
    "hyper-util",
    "postgres",
    "prost",
    "prost-types",
    "rdkafka",
    "reqwest",
    "rusqlite",
    "sqlx",
    "tonic",
    "tonic-prost",
];
/// What only the shell of an actor crate may use: everything below builds for the browser.
const RUNTIMES: &[&str] = &["actix", "actix-rt", "tokio"];

const KERNEL: Layer = Layer { name: "actors/kernel", may_use: &[], never: EDGES };
const SUPERVISION: Layer = Layer { name: "actors/supervision", may_use: &[], never: EDGES };
const ACTORS: Layer =
    Layer { name: "actors", may_use: &["actors/kernel", "actors/supervision"], never: EDGES };
const PROTO: Layer = Layer { name: "proto", may_use: &[], never: &["actix", "actix-web"] };
const UI_KIT: Layer =
    Layer { name: "ui/kit", may_use: &["proto", "actors/kernel"], never: RUNTIMES };
const UI: Layer =
    Layer { name: "ui", may_use: &["proto", "actors/kernel", "ui/kit"], never: RUNTIMES };

/// What proves the product may use all of it; of the product, these alone may use what proves it:
/// the program runs it.
const MAY_USE_PROOF: &[&str] = &["gateways/node"];

/// The layer that a crate of ours belongs to, by its folder. Gateways may use everything but
/// `proof`, and `proof` everything; xtask and the browser tests stand outside and use nothing of
/// ours.
fn layer_of(folder: &str) -> Option<&'static Layer> {
    match folder {
        "proto" => Some(&PROTO),
        "actors/kernel" => Some(&KERNEL),
        "actors/supervision" => Some(&SUPERVISION),
        "ui/kit" => Some(&UI_KIT),
        _ if folder.starts_with("actors/") => Some(&ACTORS),
        _ if folder.starts_with("ui/") => Some(&UI),
        _ => None,
    }
}

/// Every dependency that points the wrong way.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("failed to read the workspace")?;
    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let folder = folder_in(root, package.manifest_path.as_std_path());
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            let ours = dependency
                .path
                .as_ref()
                .map(|path| folder_in(root, &path.as_std_path().join("Cargo.toml")));
            breaches.extend(judge(&folder, &dependency.name, ours.as_deref()));
        }
    }
    Ok(breaches)
}

fn judge(folder: &str, name: &str, ours: Option<&str>) -> Option<String> {
    let is_proof = |folder: &str| folder.starts_with("proof/");
    if ours.is_some_and(is_proof) && !is_proof(folder) && !MAY_USE_PROOF.contains(&folder) {
        return Some(format!("{folder} depends on {name}, which only {MAY_USE_PROOF:?} may"));
    }
    let layer = layer_of(folder)?;
    let forbidden = match ours {
        Some(target) => !layer.may_use.contains(&target),
        None => layer.never.contains(&name),
    };
    forbidden.then(|| format!("{folder} depends on {name}, which {} may not", layer.name))
}

fn folder_in(root: &Path, manifest: &Path) -> String {
    let folder = manifest.parent().unwrap_or(manifest);
    folder.strip_prefix(root).unwrap_or(folder).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_against_the_arrow_is_found() {
        for (folder, name, ours, allowed) in [
            ("actors/bank", "bancada-kernel", Some("actors/kernel"), true),
            ("actors/bank", "bancada-checkout", Some("actors/checkout"), false),
            ("actors/bank", "bancada-proto", Some("proto"), false),
            ("actors/bank", "tonic", None, false),
            ("actors/bank", "actix", None, true),
            ("actors/kernel", "bancada-supervision", Some("actors/supervision"), false),
            ("ui/checkout", "bancada-ui-kit", Some("ui/kit"), true),
            ("ui/checkout", "bancada-bank", Some("actors/bank"), false),
            ("ui/kit", "tokio", None, false),
            ("gateways/grpc", "bancada-simulator", Some("proof/simulator"), false),
            ("actors/bank", "bancada-simulator", Some("proof/simulator"), false),
            ("gateways/node", "bancada-simulator", Some("proof/simulator"), true),
            ("proof/bench", "bancada-load", Some("proof/load"), true),
            ("proof/bench", "bancada-grpc", Some("gateways/grpc"), true),
        ] {
            let breach = judge(folder, name, ours);
            assert_eq!(breach.is_none(), allowed, "{folder} -> {name}");
        }
        assert!(layer_of("gateways/grpc").is_none());
    }
}
