//! PostgreSQL, started and stopped by a test.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{PATIENCE, free_ports};

/// The server refuses to run as root; this user owns nothing.
const NOBODY: u32 = 65_534;

/// One server on a data directory of its own. It ends with the test.
pub struct Server {
    folder: TempDir,
    port: u16,
    process: Mutex<Option<Child>>,
}

impl Server {
    /// A server that tests share, each with a database of its own; it ends with the last of them.
    pub fn shared() -> Arc<Server> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Server::start());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A server of its own.
    pub fn start() -> Server {
        let folder = tempfile::tempdir().unwrap();
        if is_root(&folder) {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let [port] = free_ports();
        let server = Server { folder, port, process: Mutex::new(None) };
        let mut initdb = server.command("initdb");
        initdb.args(["--username=bancada", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D"]);
        let output = initdb.arg(server.data()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        server.start_again();
        server
    }

    /// The address of a database that did not exist before.
    pub fn new_database(&self) -> String {
        let name = format!("t{}", uuid::Uuid::now_v7().simple());
        self.connect("postgres").batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        self.address(&name)
    }

    /// Somebody else's connection to a database.
    pub fn connect(&self, database: &str) -> postgres::Client {
        postgres::Client::connect(&self.address(database), postgres::NoTls).unwrap()
    }

    fn address(&self, database: &str) -> String {
        format!("postgresql://bancada@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends it as a power cut would, but for what the operating system still holds.
    pub fn kill(&self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut process) = process {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it with what it has on its disk, and waits until it answers.
    pub fn start_again(&self) {
        // A killed one leaves its children a moment, and they hold its shared memory.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = File::create(self.log()).unwrap();
            let mut postgres = self.command("postgres");
            postgres.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
            postgres.args(["-c", "listen_addresses=127.0.0.1"]);
            postgres.args(["-c", "unix_socket_directories="]);
            postgres.stdout(log.try_clone().unwrap()).stderr(log);
            let mut process = postgres.spawn().unwrap();
            while process.try_wait().unwrap().is_none() {
                if postgres::Client::connect(&self.address("postgres"), postgres::NoTls).is_ok() {
                    *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
            let said = fs::read_to_string(self.log()).unwrap();
            assert!(Instant::now() < deadline, "PostgreSQL does not start: {said}");
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    /// Where it keeps everything.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has printed since it was started.
    pub fn log(&self) -> PathBuf {
        self.folder.path().with_extension("log")
    }

    /// One of PostgreSQL's programs, as a user that it accepts.
    fn command(&self, program: &str) -> Command {
        let program = located(program);
        let mut command = if is_root(&self.folder) || self.folder_is_nobodys() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.stdin(Stdio::null()).current_dir(self.folder.path());
        command
    }

    fn folder_is_nobodys(&self) -> bool {
        fs::metadata(self.folder.path()).unwrap().uid() == NOBODY
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_file(self.log());
    }
}

fn is_root(folder: &TempDir) -> bool {
    fs::metadata(folder.path()).unwrap().uid() == 0
}

/// On the search path, or where Debian keeps it.
fn located(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = std::env::split_paths(&path).chain(debian.map(|it| it.path().join("bin")));
    let mut found = folders.map(|folder| folder.join(program)).filter(|file| file.is_file());
    found.next().unwrap_or_else(|| {
        panic!(
            "these tests start PostgreSQL, and there is no {program}: run `cargo xtask test`, \
             which installs it where it can"
        )
    })
}
