//! Apache Kafka itself, from Maven Central, with Kafka Connect: what the tests start.

use std::ffi::OsString;
use std::path::Path;

use crate::maven;

/// Names the folder that holds Kafka's jars; who has one already sets it.
pub(crate) const LIBS: &str = "BANCADA_KAFKA_LIBS";
/// The versions, and how they are told to Maven.
const POM: &str = include_str!("kafka/pom.xml");

/// Makes sure that Kafka's jars and a Java to run them are there; the folder of the jars.
pub(crate) fn ensure(root: &Path) -> anyhow::Result<OsString> {
    if let Some(libs) = std::env::var_os(LIBS) {
        return Ok(libs);
    }
    maven::ensure()?;
    let what = "Apache Kafka and Kafka Connect (56 MB)";
    Ok(maven::jars(what, POM, &root.join("target/kafka"))?.into_os_string())
}
