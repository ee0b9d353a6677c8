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

    /// Of a database of it.
    pub(crate) fn url_of(&self, database: &str) -> String {
        format!("postgresql://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
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

    /// Makes a database where there is none; the server must be there.
    pub(crate) async fn make_database(&self, name: &str) -> anyhow::Result<()> {
        let mut psql = self.client("psql", "postgres")?;
        psql.arg("-tAc").arg(format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"));
        if run(psql).await?.trim() == "1" {
            return Ok(());
        }
        let create = format!("CREATE DATABASE {name}");
        self.execute("postgres", &create).await.context("the database cannot be made")
    }

    /// Executes statements in a database.
    pub(crate) async fn execute(&self, database: &str, statements: &str) -> anyhow::Result<()> {
        let mut psql = self.client("psql", database)?;
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statements]);
        run(psql).await.map(drop)
    }

    fn client(&self, program: &str, database: &str) -> anyhow::Result<Command> {
        let mut client = self.program(program, "TERM")?;
        client.args(["-h", "127.0.0.1", "-U", USER, "-p", &self.port.to_string()]);
        client.args(["-d", database]);
        Ok(client)
    }

    /// The same server.
    pub(crate) fn again(&self) -> Postgresql {
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
