//! PgBouncer before a server, started and stopped by a test.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::{PATIENCE, free_ports};

/// PgBouncer refuses to run as root; this user owns nothing.
const NOBODY: u32 = 65_534;

/// A pooler that ends with the test.
pub struct Pooler {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Pooler {
    /// One before the server of this database, that gives sessions away after each `session`,
    /// `transaction` or `statement`.
    pub fn start(database: &str, mode: &str) -> Pooler {
        let folder = tempfile::tempdir().unwrap();
        let ([port], at) = (free_ports(), folder.path().display());
        let server = database.rsplit('/').nth(1).unwrap().rsplit(':').next().unwrap();
        let settings = format!(
            "[databases]\n\
             * = host=127.0.0.1 port={server}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = trust\n\
             auth_file = {at}/users\n\
             admin_users = bancada\n\
             pool_mode = {mode}\n"
        );
        fs::write(folder.path().join("settings"), settings).unwrap();
        fs::write(folder.path().join("users"), "\"bancada\" \"\"\n").unwrap();
        let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
        let mut command = if is_root {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(located());
            command
        } else {
            Command::new(located())
        };
        let log = File::create(folder.path().join("log")).unwrap();
        command.arg("settings").current_dir(folder.path()).stdin(Stdio::null());
        let process = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let pooler = Pooler { folder, port, process };
        let deadline = Instant::now() + PATIENCE;
        while Client::connect(&pooler.address("pgbouncer"), NoTls).is_err() {
            let said = fs::read_to_string(pooler.folder.path().join("log")).unwrap();
            assert!(Instant::now() < deadline, "PgBouncer does not start: {said}");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        pooler
    }

    /// The way through it to a database of the server's.
    pub fn before(&self, database: &str) -> String {
        self.address(database.rsplit('/').next().unwrap())
    }

    /// Tells it to give sessions away otherwise.
    pub fn set_mode(&self, mode: &str) {
        let mut admin = Client::connect(&self.address("pgbouncer"), NoTls).unwrap();
        admin.simple_query(&format!("SET pool_mode = '{mode}'")).unwrap();
    }

    fn address(&self, database: &str) -> String {
        format!("postgresql://bancada@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// On the search path, or where Debian keeps it.
fn located() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let mut found = folders.map(|folder| folder.join("pgbouncer")).filter(|file| file.is_file());
    found.next().expect(
        "these tests start PgBouncer, and there is none: run `cargo xtask test`, which installs it \
         where it can",
    )
}
