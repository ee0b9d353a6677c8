//! Kafka Connect, started and stopped by a test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use bancada_pipeline::WORKER_PROPERTIES;
use tempfile::TempDir;

use crate::process::Process;
use crate::servers::answers;
use bancada_testbed::free_ports;

/// One worker. What it knows is on topics of the broker: it begins where the last one ended.
pub(crate) struct Connect {
    folder: TempDir,
    libs: PathBuf,
    port: u16,
    process: Mutex<Option<Process>>,
}

impl Connect {
    /// Workers of one group share what they know and do.
    pub(crate) fn start(libs: &Path, plugins: &Path, broker: &str, group: &str) -> Connect {
        let folder = tempfile::tempdir().unwrap();
        let [port] = free_ports();
        // What comes last counts.
        let properties = format!(
            "{WORKER_PROPERTIES}\n\
             bootstrap.servers={broker}\n\
             listeners=http://127.0.0.1:{port}\n\
             plugin.path={plugins}\n\
             group.id={group}\n\
             config.storage.topic={group}-configs\n\
             offset.storage.topic={group}-offsets\n\
             status.storage.topic={group}-status\n",
            plugins = plugins.display(),
        );
        std::fs::write(folder.path().join("connect.properties"), properties).unwrap();
        let connect = Connect { folder, libs: libs.to_owned(), port, process: Mutex::new(None) };
        connect.start_again();
        connect
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has said since it was started.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("connect.log")).unwrap_or_default()
    }

    /// Ends it without a chance to do anything.
    pub(crate) fn kill(&self) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Starts it, and waits until it knows its connectors.
    pub(crate) fn start_again(&self) {
        let mut java = Command::new("java");
        java.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        java.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        java.arg("-cp").arg(self.libs.join("*"));
        java.arg("org.apache.kafka.connect.cli.ConnectDistributed").arg("connect.properties");
        java.current_dir(self.folder.path());
        let log = self.folder.path().join("connect.log");
        let url = format!("{}/connectors", self.url());
        let process = Process::start(java, &log, None, || answers(&url));
        *self.process.lock().unwrap() = Some(process);
    }
}
