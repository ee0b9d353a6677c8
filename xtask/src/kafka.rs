//! Apache Kafka itself, from Maven Central: what the tests of the Kafka edge start.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::debian;
use crate::phase::succeed;

/// Names the folder that holds Kafka's jars; who has one already sets it.
pub(crate) const LIBS: &str = "BANCADA_KAFKA_LIBS";
/// The versions, and how they are told to Maven.
const POM: &str = include_str!("kafka/pom.xml");
const PROGRAMS: [&str; 2] = ["java", "mvn"];
const PACKAGES: [&str; 2] = ["default-jre-headless", "maven"];

/// Makes sure that Kafka's jars and a Java to run them are there; the folder of the jars.
pub(crate) fn ensure(root: &Path) -> anyhow::Result<OsString> {
    if let Some(libs) = std::env::var_os(LIBS) {
        return Ok(libs);
    }
    if !PROGRAMS.iter().all(|program| debian::exists(program)) {
        if !debian::can_install() {
            bail!(
                "the tests of the Kafka edge need Java and Maven on the search path; on Debian, \
                 as root: apt-get install {}. Or set {LIBS} to the libs folder of an unpacked \
                 Kafka.",
                PACKAGES.join(" ")
            );
        }
        debian::install(&PACKAGES)?;
    }
    let folder = root.join("target/kafka");
    let libs = folder.join("libs");
    let pom = folder.join("pom.xml");
    // Written last, so that what is half there is fetched again.
    let is_there = std::fs::read_to_string(&pom).is_ok_and(|there| there == POM);
    if !is_there {
        fetch(&folder, &libs)?;
        std::fs::write(&pom, POM)?;
    }
    Ok(libs.into_os_string())
}

fn fetch(folder: &Path, libs: &PathBuf) -> anyhow::Result<()> {
    println!("fetching Apache Kafka from Maven Central (54 MB)");
    if libs.exists() {
        std::fs::remove_dir_all(libs)?;
    }
    std::fs::create_dir_all(folder)?;
    let pom = folder.join("fetched.xml");
    std::fs::write(&pom, POM)?;
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "--file"]).arg(&pom);
    maven.arg("dependency:copy-dependencies");
    maven.arg(format!("-DoutputDirectory={}", libs.display()));
    succeed(&mut maven).context("Kafka cannot be fetched from Maven Central")
}
