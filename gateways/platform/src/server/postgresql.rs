//! PostgreSQL: one cluster, one database.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::Signal;

use super::{Probe, on_path, run};
use crate::folder::Folder;
use crate::part::PartSpec;

/// Where Debian keeps it, by version.
const DEBIAN: &str = "/usr/lib/postgresql";
const USER: &str = "bancada";

/// A server on a data directory of its own. Whoever may run programs on this machine may use it.
pub(crate) struct Postgresql {
    folder: Rc<Folder>,
    place: PathBuf,
    port: u16,
}

impl Postgresql {
    /// Makes the cluster where there is none.
    pub(crate) async fn prepare(folder: &Rc<Folder>, port: u16) -> anyhow::Result<Postgresql> {
        let place = folder.part_of_nobody("postgresql")?;
        let server = Postgresql { folder: Rc::clone(folder), place, port };
        if !server.data().join("PG_VERSION").exists() {
            let mut initdb = server.program("initdb", "TERM")?;
            initdb.args(["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C"]);
            initdb.arg("-D").arg(server.data());
            run(initdb).await.context("PostgreSQL's data cannot be made")?;
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://{USER}@127.0.0.1:{}/bancada", self.port)
    }

    pub(crate) fn spec(&self) -> anyhow::Result<PartSpec> {
        let server = self.again();
        let postgres = server.located("postgres")?;
        let ready = Rc::new({
            let (server, program) = (self.again(), self.located("pg_isready")?);
            move || {
                let mut ready = Command::new(&program);
                ready.args(["-q", "-h", "127.0.0.1", "-U", USER, "-p", &server.port.to_string()]);
                ready.args(["-d", "postgres"]);
                ready
            }
        });
        let command = move || {
            // Ended by a signal of its parent, it must not wait for its clients.
            let mut command = server.folder.command_as_nobody(&postgres, "INT");
            command.current_dir(&server.place).arg("-D").arg(server.data());
            command.args(["-p", &server.port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
            command.args(["-c", "unix_socket_directories=", "-c", "shared_buffers=128MB"]);
            command
        };
        Ok(PartSpec {
            name: "postgresql",
            command: Box::new(command),
            probe: Probe::Program(ready),
            stop: (Signal::INT, Duration::from_secs(20)),
            is_ours: false,
        })
    }

    /// Makes the database where there is none; the server must be there.
    pub(crate) async fn make_database(&self) -> anyhow::Result<()> {
        let port = self.port.to_string();
        let at = ["-h", "127.0.0.1", "-U", USER, "-p", &port];
        let mut psql = self.program("psql", "TERM")?;
        psql.args(at).args(["-d", "postgres", "-tAc"]);
        psql.arg("SELECT 1 FROM pg_database WHERE datname = 'bancada'");
        if run(psql).await?.trim() == "1" {
            return Ok(());
        }
        let mut createdb = self.program("createdb", "TERM")?;
        createdb.args(at).arg("bancada");
        run(createdb).await.map(drop).context("the database cannot be made")
    }

    fn again(&self) -> Postgresql {
        let Postgresql { folder, place, port } = self;
        Postgresql { folder: Rc::clone(folder), place: place.clone(), port: *port }
    }

    fn data(&self) -> PathBuf {
        self.place.join("data")
    }

    fn program(&self, name: &str, signal: &str) -> anyhow::Result<Command> {
        let mut command = self.folder.command_as_nobody(&self.located(name)?, signal);
        command.current_dir(&self.place);
        Ok(command)
    }

    fn located(&self, name: &str) -> anyhow::Result<PathBuf> {
        let debian = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
        let mut versions: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
        versions.sort();
        let newest = versions.into_iter().rev().map(|bin| bin.join(name));
        let found = on_path(name).or_else(|| newest.into_iter().find(|file| Path::is_file(file)));
        found.with_context(|| {
            format!(
                "there is no {name}: install PostgreSQL (on Debian: apt-get install postgresql), \
                 or name your own server with --postgres URL"
            )
        })
    }
}
