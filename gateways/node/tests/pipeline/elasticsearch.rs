//! Elasticsearch, started and stopped by a test, and what a test asks it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::process::Process;
use crate::servers::answers;
use bancada_testbed::free_ports;

/// The server refuses to run as root; this user owns nothing.
const NOBODY: u32 = 65_534;

/// One node with a disk of its own.
pub(crate) struct Elasticsearch {
    folder: TempDir,
    port: u16,
    process: Mutex<Option<Process>>,
}

impl Elasticsearch {
    /// Starts a copy of what is in this folder.
    pub(crate) fn start(home: &Path) -> Elasticsearch {
        let folder = tempfile::tempdir().unwrap();
        // Nobody may be unable to read the original, and it writes beside its configuration.
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(home).arg(folder.path().join("home"));
        assert!(copy.status().unwrap().success(), "{} cannot be copied", home.display());
        let [port, transport] = free_ports();
        let settings = format!(
            "discovery.type: single-node\n\
             network.host: 127.0.0.1\n\
             http.port: {port}\n\
             transport.port: {transport}\n\
             xpack.security.enabled: false\n\
             # The tests are not about a full disk.\n\
             cluster.routing.allocation.disk.threshold_enabled: false\n"
        );
        let elasticsearch = Elasticsearch { folder, port, process: Mutex::new(None) };
        fs::write(elasticsearch.home().join("config/elasticsearch.yml"), settings).unwrap();
        if elasticsearch.runs_as_nobody() {
            let mut chown = Command::new("chown");
            chown.arg("-R").arg(format!("{NOBODY}:{NOBODY}")).arg(elasticsearch.folder.path());
            assert!(chown.status().unwrap().success());
        }
        elasticsearch.start_again();
        elasticsearch
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would, but for what the operating system still holds.
    pub(crate) fn kill(&self) {
        self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Starts it with what it has on its disk, and waits until it has looked through it.
    pub(crate) fn start_again(&self) {
        let program = self.home().join("bin/elasticsearch");
        let mut command = if self.runs_as_nobody() {
            let mut command = Command::new("setpriv");
            let user = NOBODY.to_string();
            command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env("ES_JAVA_HOME", java_home());
        command.env("ES_JAVA_OPTS", "-Xms256m -Xmx256m -XX:TieredStopAtLevel=1");
        command.env("CLI_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
        command.arg("--pidfile").arg(self.folder.path().join("id"));
        command.current_dir(self.folder.path());
        let log = self.folder.path().join("elasticsearch.log");
        let health = "_cluster/health?wait_for_status=yellow&timeout=1s";
        let url = format!("http://{}/{health}", self.address());
        let id = self.folder.path().join("id");
        let process = Process::start(command, &log, Some(&id), || answers(&url));
        *self.process.lock().unwrap() = Some(process);
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn runs_as_nobody(&self) -> bool {
        let owner = fs::metadata(self.folder.path()).unwrap().uid();
        owner == 0 || owner == NOBODY
    }
}

/// Where the Java on the search path is at home.
fn java_home() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found =
        std::env::split_paths(&path).map(|it| it.join("java")).filter(|it| it.is_file());
    let java = fs::canonicalize(found.next().expect("these tests need java")).unwrap();
    java.parent().and_then(Path::parent).unwrap().to_owned()
}
