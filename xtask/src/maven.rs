//! Maven Central: jars and archives into a folder under `target/`, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::debian;
use crate::phase::succeed;

const PROGRAMS: [&str; 2] = ["java", "mvn"];
const PACKAGES: [&str; 2] = ["default-jre-headless", "maven"];
/// The one that comes with old Mavens cannot unpack what later ones can.
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";

/// Makes sure that there is a Java to run what is fetched, and a Maven to fetch it.
pub(crate) fn ensure() -> anyhow::Result<()> {
    if PROGRAMS.iter().all(|program| debian::exists(program)) {
        return Ok(());
    }
    if !debian::can_install() {
        bail!(
            "Kafka and what follows it need Java and Maven on the search path; on Debian, as \
             root: apt-get install {}",
            PACKAGES.join(" ")
        );
    }
    debian::install(&PACKAGES)
}

/// What these coordinates depend on, as a folder of jars. They are fetched again only when the
/// coordinates change; a jar whose checksum is not the repository's is refused.
pub(crate) fn jars(what: &str, pom: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let libs = folder.join("libs");
    once(what, folder, ("pom.xml", pom), || {
        let fetched = folder.join("fetched.xml");
        std::fs::write(&fetched, pom)?;
        let mut maven = maven();
        maven.arg("--file").arg(&fetched).arg(format!("{PLUGIN}:copy-dependencies"));
        maven.arg(format!("-DoutputDirectory={}", libs.display()));
        succeed(&mut maven)
    })?;
    Ok(libs)
}

/// An archive, unpacked.
pub(crate) fn unpacked(what: &str, artifact: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let files = folder.join("files");
    once(what, folder, ("artifact", artifact), || {
        let mut maven = maven();
        maven.current_dir(folder).arg(format!("{PLUGIN}:unpack"));
        maven.arg(format!("-Dartifact={artifact}"));
        maven.arg(format!("-DoutputDirectory={}", files.display()));
        succeed(&mut maven)
    })?;
    Ok(files)
}

fn maven() -> Command {
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "--strict-checksums"]);
    maven
}

/// Fills a folder anew unless its note says that this is what is in it.
fn once(
    what: &str,
    folder: &Path,
    (note, wanted): (&str, &str),
    fetch: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let note = folder.join(note);
    if std::fs::read_to_string(&note).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    println!("fetching {what}");
    fetch().with_context(|| format!("{what} cannot be fetched with Maven"))?;
    // Written last, so that what is half there is fetched again.
    Ok(std::fs::write(&note, wanted)?)
}
