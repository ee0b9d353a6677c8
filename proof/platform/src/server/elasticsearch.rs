//! Elasticsearch: one node.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::Signal;

use super::{Probe, on_path};
use crate::address::{any_free, local};
use crate::folder::Folder;
use crate::part::PartSpec;

const HEAP_MEGABYTES: u32 = 384;

/// A node with a disk of its own.
pub(crate) struct Elasticsearch {
    folder: Rc<Folder>,
    place: PathBuf,
    home: PathBuf,
    java_home: PathBuf,
    port: u16,
}

impl Elasticsearch {
    /// Writes its settings. Where it is not the program itself that must answer on a certain port,
    /// any will do.
    pub(crate) fn prepare(folder: &Rc<Folder>, home: &Path) -> anyhow::Result<Elasticsearch> {
        let place = folder.part_of_nobody("elasticsearch")?;
        let home = reachable(folder, home, &place.join("home"))?;
        let port = any_free()?;
        let config = place.join("config");
        fs::create_dir_all(&config)?;
        fs::copy(home.join("config/log4j2.properties"), config.join("log4j2.properties"))?;
        let options = fs::read_to_string(home.join("config/jvm.options"))?;
        // Written beside the program, where its user may not write.
        let options = options.lines().filter(|line| !line.contains("gc.log"));
        fs::write(config.join("jvm.options"), options.collect::<Vec<_>>().join("\n") + "\n")?;
        let (data, logs) = (place.join("data"), place.join("logs"));
        let settings = format!(
            "cluster.name: bancada\n\
             discovery.type: single-node\n\
             network.host: 127.0.0.1\n\
             http.port: {port}\n\
             transport.port: {transport}\n\
             path.data: {data}\n\
             path.logs: {logs}\n\
             xpack.security.enabled: false\n\
             # A disk that others have filled is theirs.\n\
             cluster.routing.allocation.disk.threshold_enabled: false\n",
            transport = any_free()?,
            data = data.display(),
            logs = logs.display(),
        );
        fs::write(config.join("elasticsearch.yml"), settings)?;
        folder.give_to_nobody(&place)?;
        Ok(Elasticsearch { folder: Rc::clone(folder), place, home, java_home: java_home()?, port })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        local(self.port)
    }

    pub(crate) fn spec(self) -> PartSpec {
        let health = "/_cluster/health?wait_for_status=yellow&timeout=1s";
        let probe = Probe::Answers(self.address(), health);
        let command = move || {
            let program = self.home.join("bin/elasticsearch");
            let mut command = self.folder.command_as_nobody(&program, "TERM");
            command.env("ES_JAVA_HOME", &self.java_home).env_remove("JAVA_HOME");
            let heap = format!("-Xms{HEAP_MEGABYTES}m -Xmx{HEAP_MEGABYTES}m");
            command.env("ES_JAVA_OPTS", heap);
            command.env("CLI_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx32m");
            command.env("ES_PATH_CONF", self.place.join("config"));
            command.current_dir(&self.place);
            command
        };
        PartSpec {
            name: "elasticsearch",
            command: Box::new(command),
            probe,
            stop: (Signal::TERM, Duration::from_secs(30)),
            is_ours: false,
        }
    }
}

/// The program where it is, or a copy where the user as whom it runs can read it.
fn reachable(folder: &Folder, home: &Path, copy: &Path) -> anyhow::Result<PathBuf> {
    let program = home.join("bin/elasticsearch");
    ensure!(program.is_file(), "{} is no unpacked Elasticsearch", home.display());
    let mut test = folder.command_as_nobody(Path::new("test"), "TERM");
    if test.arg("-r").arg(home.join("lib")).status()?.success() {
        return Ok(home.to_owned());
    }
    if !copy.exists() {
        let status = Command::new("cp").arg("-r").arg(home).arg(copy).status()?;
        ensure!(status.success(), "{} cannot be copied", home.display());
    }
    Ok(copy.to_owned())
}

/// Where the Java on the search path is at home.
fn java_home() -> anyhow::Result<PathBuf> {
    let java = on_path("java").context("there is no java on the search path")?;
    let java = fs::canonicalize(java)?;
    let home = java.parent().and_then(Path::parent).context("java is in no folder bin")?;
    Ok(home.to_owned())
}
