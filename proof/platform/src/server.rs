//! The servers and services: how each is started and stopped, and when it is there.

pub(crate) mod connect;
pub(crate) mod elasticsearch;
pub(crate) mod kafka;
pub(crate) mod postgresql;
pub(crate) mod services;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::forward::get;

/// One look.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// Tells whether a server is there.
#[derive(Clone)]
pub(crate) enum Probe {
    /// It takes connections.
    Connects(SocketAddr),
    /// It answers this path with success.
    Answers(SocketAddr, &'static str),
    /// A program of its own says so.
    Program(Rc<dyn Fn() -> Command>),
}

impl Probe {
    pub(crate) async fn is_there(&self) -> bool {
        let look = async {
            match self {
                Probe::Connects(address) => TcpStream::connect(address).await.is_ok(),
                Probe::Answers(address, path) => get(*address, path).await.is_some(),
                Probe::Program(command) => {
                    let mut command = tokio::process::Command::from(command());
                    let output = command.kill_on_drop(true).output().await;
                    output.is_ok_and(|output| output.status.success())
                }
            }
        };
        timeout(LOOK_WITHIN, look).await.unwrap_or(false)
    }
}

/// Runs a program to its end; an error says what it said. What it printed.
async fn run(command: Command) -> anyhow::Result<String> {
    let shown = format!("{:?}", command.get_program());
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await;
    let output = output.with_context(|| format!("{shown} cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown} ended with {}: {}", output.status, said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program on the search path.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A Java program of these jars, within so many megabytes of heap. Two cores are enough for it,
/// and the smallest collector: the machine has other work.
fn java(
    folder: &crate::folder::Folder,
    heap_megabytes: u32,
    libs: &Path,
    class: &str,
) -> anyhow::Result<Command> {
    let java = on_path("java").context("there is no java on the search path")?;
    let mut command = folder.command(&java);
    command.arg(format!("-Xmx{heap_megabytes}m"));
    command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"]);
    command.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.args(["-Dorg.slf4j.simpleLogger.showDateTime=true"]);
    command.arg("-cp").arg(libs.join("*")).arg(class);
    Ok(command)
}
