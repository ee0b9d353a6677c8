//! The program under test, and Bancada's own beside it.

pub(crate) use bancada_testbed::eventually_blocking;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

use bancada_testbed::free_ports;

/// A loaded machine is slow, not wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);
const PIECES: [&str; 3] =
    ["BANCADA_KAFKA_LIBS", "BANCADA_CONNECT_PLUGINS", "BANCADA_ELASTICSEARCH_HOME"];

/// What these tests would need and do not have.
pub(crate) fn missing() -> Option<&'static str> {
    PIECES.into_iter().find(|piece| std::env::var_os(piece).is_none())
}

/// Where everything is.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) pages: u16,
    pub(crate) grpc: u16,
    pub(crate) admin: u16,
    pub(crate) postgres: u16,
    pub(crate) kafka: u16,
    pub(crate) connect: u16,
    pub(crate) elasticsearch: u16,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        // Servers that refuse to run as root must reach their data.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let [pages, grpc, postgres, connect, elasticsearch] = free_ports();
        let (admin, kafka) = (in_a_row(3), in_a_row(2));
        Place { folder, pages, grpc, admin, postgres, kafka, connect, elasticsearch }
    }

    /// The platform there, with more options.
    pub(crate) fn command(&self, options: &[&str]) -> Command {
        let mut command = program(Path::new(env!("CARGO_BIN_EXE_bancada-platform")));
        for piece in PIECES {
            command.env(piece, std::env::var_os(piece).unwrap());
        }
        command.env("BANCADA_WEB", std::env::var_os("BANCADA_WEB").unwrap_or_default());
        command.arg("--data").arg(self.folder.path().join("data"));
        for (option, port) in [
            ("--port", self.pages),
            ("--grpc-port", self.grpc),
            ("--admin-port", self.admin),
            ("--postgres-port", self.postgres),
            ("--kafka-port", self.kafka),
            ("--connect-port", self.connect),
            ("--elasticsearch-port", self.elasticsearch),
        ] {
            command.args([option, &port.to_string()]);
        }
        command.args(options);
        command
    }

    pub(crate) fn url(&self, port: u16) -> String {
        format!("http://127.0.0.1:{port}")
    }

    /// The process of a part.
    pub(crate) fn process(&self, part: &str) -> Option<Pid> {
        let file = self.folder.path().join(format!("data/run/{part}.pid"));
        Pid::from_raw(fs::read_to_string(file).ok()?.trim().parse().ok()?)
    }

    /// Ends a part and all that it has started, without a chance to do anything.
    pub(crate) fn kill(&self, part: &str) {
        let process = self.process(part).unwrap();
        for child in children(process) {
            let _ = kill_process(child, Signal::KILL);
        }
        // It may have ended with its children.
        let _ = kill_process(process, Signal::KILL);
    }

    /// Whether anybody listens on one of its ports.
    pub(crate) fn is_quiet(&self) -> bool {
        let ports = [self.pages, self.grpc, self.admin, self.postgres, self.kafka, self.connect];
        !ports.into_iter().any(|port| TcpStream::connect(("127.0.0.1", port)).is_ok())
    }
}

/// Bancada's own program.
pub(crate) fn bancada() -> Command {
    let platform = PathBuf::from(env!("CARGO_BIN_EXE_bancada-platform"));
    let mut command = program(&platform.with_file_name("bancada"));
    command.env("BANCADA_LOG", "error");
    command
}

/// Told nothing by the surroundings of the test.
fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BANCADA_")) {
        command.env_remove(name);
    }
    command.env("BANCADA_LOG", "warn").stdin(Stdio::null());
    command
}

/// The first of so many free ports in a row.
fn in_a_row(n: u16) -> u16 {
    let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let [first] = free_ports();
        if (first..first + n).all(is_free) {
            return first;
        }
    }
}

/// Whether a process has not ended.
pub(crate) fn is_alive(process: Pid) -> bool {
    test_kill_process(process).is_ok()
}

fn children(parent: Pid) -> Vec<Pid> {
    let file = format!("/proc/{0}/task/{0}/children", parent.as_raw_nonzero());
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
}

/// A process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts it, and waits until it prints a line with these words.
    pub(crate) fn until(command: &mut Command, words: &str) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (said, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                eprintln!("{line}");
                // Nobody waits any more once the words were said.
                let _ = said.send(line);
            }
        });
        let mut running = Running(child);
        let deadline = Instant::now() + PATIENCE;
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(words) => return running,
                Ok(_) => {}
                Err(why) => panic!("{words:?}: {why}: {:?}", running.0.try_wait()),
            }
        }
    }

    /// Ends it as Ctrl-C would; how it ended.
    pub(crate) fn interrupt(&mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
