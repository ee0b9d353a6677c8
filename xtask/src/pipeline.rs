//! What follows Kafka in the tests: Confluent's Elasticsearch sink for Kafka Connect, and
//! Elasticsearch.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::maven;

/// Names Confluent's connector: its jar, or a folder with it.
const CONNECTOR: &str = "BANCADA_CONNECT_PLUGIN";
/// Tells the tests where Kafka Connect finds its plugins.
const PLUGINS: &str = "BANCADA_CONNECT_PLUGINS";
/// Tells the tests where an unpacked Elasticsearch is; who has one already sets it.
const ELASTICSEARCH: &str = "BANCADA_ELASTICSEARCH_HOME";

/// The connector's dependencies are in Maven Central; the connector itself is not.
const DEPENDENCIES: &str = include_str!("pipeline/connector.xml");
const CONFLUENT: &str = include_str!("pipeline/confluent.xml");
/// A build of the server for tests; nothing else of Elasticsearch is in Maven Central.
const SERVER: &str = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:8.19.0:zip";
/// In which folder the archive has everything.
const SERVER_FOLDER: &str = "elasticsearch-8.19.0";
/// One of the connector's dependencies: Confluent's own archive comes with them.
const SIGN_OF_DEPENDENCIES: &str = "elasticsearch-rest-high-level-client";

/// A variable for whoever starts the servers, and its value.
pub(crate) type Told = (&'static str, OsString);

/// What the tests are told; nothing where the connector cannot be had, which is said.
pub(crate) fn ensure(root: &Path) -> anyhow::Result<Vec<Told>> {
    maven::ensure()?;
    match connector(root) {
        Ok(connector) => Ok(vec![connector, elasticsearch(root)?]),
        // One that was named and is none is a mistake, not a machine that lacks something.
        Err(error) if std::env::var_os(CONNECTOR).is_some() => Err(error),
        Err(error) => {
            println!("NOT TESTED: the way from Kafka Connect to Elasticsearch. {error:#}");
            Ok(Vec::new())
        }
    }
}

/// Confluent's sink, with what it needs, where Kafka Connect finds its plugins.
pub(crate) fn connector(root: &Path) -> anyhow::Result<Told> {
    let folder = root.join("target/kafka-connect");
    let connector = match std::env::var_os(CONNECTOR) {
        Some(given) => PathBuf::from(given),
        None => maven::jars("the connector", CONFLUENT, &folder.join("confluent")).with_context(
            || {
                format!(
                    "Confluent's connector cannot be fetched. Download \
                     kafka-connect-elasticsearch 15.2.0 from Confluent Hub, unpack it, and set \
                     {CONNECTOR} to its folder."
                )
            },
        )?,
    };
    let plugins = plugins(&connector, &folder)
        .with_context(|| format!("{CONNECTOR} is {}", connector.display()))?;
    Ok((PLUGINS, plugins.into_os_string()))
}

/// An unpacked Elasticsearch.
pub(crate) fn elasticsearch(root: &Path) -> anyhow::Result<Told> {
    if let Some(given) = std::env::var_os(ELASTICSEARCH) {
        return Ok((ELASTICSEARCH, given));
    }
    let folder = root.join("target/elasticsearch");
    let files = maven::unpacked("Elasticsearch (97 MB)", SERVER, &folder)?;
    Ok((ELASTICSEARCH, files.join(SERVER_FOLDER).into_os_string()))
}

/// Puts the connector and what it needs into one folder, as Kafka Connect wants it.
fn plugins(connector: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let mut jars = jars(connector)?;
    if jars.is_empty() {
        bail!("there is no jar");
    }
    if !jars.iter().any(|jar| name(jar).starts_with(SIGN_OF_DEPENDENCIES)) {
        let what = "what the connector needs (44 MB)";
        let dependencies = maven::jars(what, DEPENDENCIES, &folder.join("dependencies"))?;
        jars.extend(self::jars(&dependencies)?);
    }
    let plugins = folder.join("plugins");
    let plugin = plugins.join("elasticsearch");
    if plugin.exists() {
        std::fs::remove_dir_all(&plugin)?;
    }
    std::fs::create_dir_all(&plugin)?;
    for jar in jars {
        let copy = plugin.join(name(&jar));
        std::fs::copy(&jar, &copy).with_context(|| format!("failed to copy {}", jar.display()))?;
    }
    Ok(plugins)
}

/// The jars in a folder, or in its folder `lib`, where Confluent's archive has them.
fn jars(place: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    let lib = place.join("lib");
    let folder = if lib.is_dir() { &lib } else { place };
    let entries = std::fs::read_dir(folder).context("it cannot be read")?;
    let files = entries.map(|entry| entry.map(|entry| entry.path()));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    Ok(files.into_iter().filter(|it| it.extension().is_some_and(|it| it == "jar")).collect())
}

fn name(jar: &Path) -> String {
    jar.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
