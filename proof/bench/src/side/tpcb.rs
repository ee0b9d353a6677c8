//! pgbench's TPC-B on a PostgreSQL of its own: the DebitCredit that every machine has.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// The server refuses to run as root; this user owns nothing.
const NOBODY: u32 = 65_534;
/// 2,000,000 accounts: more than fit into one branch, less than the cache.
const SCALE: &str = "20";
const START_WITHIN: Duration = Duration::from_secs(60);

/// A server with pgbench's tables; it ends with this value.
pub(crate) struct Tpcb {
    folder: PathBuf,
    port: u16,
    server: Child,
}

impl Tpcb {
    /// Starts a server on data in `folder`, with PostgreSQL's own settings.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Tpcb> {
        let folder = folder.join("postgresql");
        fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        if fs::metadata(&folder)?.uid() == 0 {
            chown(&folder, Some(NOBODY), Some(NOBODY))?;
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let data = folder.join("data");
        let mut initdb = command("initdb", &folder)?;
        initdb.args(["--username=bancada", "--auth=trust", "--encoding=UTF8", "-D"]).arg(&data);
        run(&mut initdb)?;
        let log = File::create(folder.join("log"))?;
        let mut postgres = command("postgres", &folder)?;
        postgres.arg("-D").arg(&data).args(["-p", &port.to_string()]);
        postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        let server = postgres.stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut tpcb = Tpcb { folder, port, server };
        tpcb.wait_until_it_answers()?;
        run(tpcb.pgbench()?.args(["-i", "-q", "-s", SCALE]))?;
        Ok(tpcb)
    }

    /// Where the Bank's journal can be kept in the same server.
    pub(crate) fn url(&self) -> String {
        format!("postgresql://bancada@127.0.0.1:{}/postgres", self.port)
    }

    /// Transactions per second of `clients` connections.
    pub(crate) fn run(&self, clients: usize, duration: Duration) -> anyhow::Result<f64> {
        let mut pgbench = self.pgbench()?;
        pgbench.args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()]);
        pgbench.args(["-T", &duration.as_secs().max(1).to_string()]);
        let said = run(&mut pgbench)?;
        let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let number = line.and_then(|line| line.split(' ').next()).and_then(|it| it.parse().ok());
        number.with_context(|| format!("pgbench says no rate: {said}"))
    }

    fn pgbench(&self) -> anyhow::Result<Command> {
        let mut pgbench = command("pgbench", &self.folder)?;
        pgbench.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "bancada"]);
        pgbench.env("PGDATABASE", "postgres");
        Ok(pgbench)
    }

    fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_WITHIN;
        loop {
            let mut ready = command("pg_isready", &self.folder)?;
            ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if ready.status()?.success() {
                return Ok(());
            }
            let said = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            ensure!(self.server.try_wait()?.is_none(), "PostgreSQL ended: {}", said());
            ensure!(Instant::now() < deadline, "PostgreSQL does not start: {}", said());
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }
}

impl Drop for Tpcb {
    fn drop(&mut self) {
        // A smart end is not needed: the data goes with the folder.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("failed to run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One of PostgreSQL's programs, on the search path or where Debian keeps it, as a user that it
/// accepts.
fn command(program: &str, folder: &Path) -> anyhow::Result<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = std::env::split_paths(&path).chain(debian.map(|it| it.path().join("bin")));
    let Some(program) = folders.map(|it| it.join(program)).find(|it| it.is_file()) else {
        bail!("there is no {program}: install PostgreSQL (on Debian: postgresql)");
    };
    let mut command = if fs::metadata(folder)?.uid() == NOBODY {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).current_dir(folder);
    Ok(command)
}
