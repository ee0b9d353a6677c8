//! `bancada up` is its own outer supervisor: when the tree gives up, a new program takes the place
//! of this one, on the same data. Elsewhere Kubernetes, compose or an init system does that.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use bancada_telemetry::console;

use crate::exit::Exit;

/// Tells the new program how many there were before it.
const VARIABLE: &str = "BANCADA_UP_RESTARTS";
/// As many in a row are no bad luck any more.
const MAX_RESTARTS: u32 = 5;
/// A program that lived for so long was well.
const WELL_AFTER: Duration = Duration::from_secs(60);
/// Lets what made the tree give up pass by.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether this program took the place of another.
pub(crate) fn is_restart() -> bool {
    n_restarts() > 0
}

/// Starts anew after `lived`; returns only if it is hopeless.
pub(crate) fn start_anew(lived: Duration) -> anyhow::Result<Exit> {
    let n_restarts = if lived >= WELL_AFTER { 0 } else { n_restarts() };
    if n_restarts >= MAX_RESTARTS {
        console::complain(format_args!(
            "error: it gave up {n_restarts} times in a row and is not started again"
        ));
        return Ok(Exit::GaveUp);
    }
    console::complain(format_args!("Starting again, on the same data."));
    std::thread::park_timeout(PAUSE);
    let program = std::env::current_exe().context("this program cannot be found")?;
    let failed = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, (n_restarts + 1).to_string())
        .exec();
    Err(failed).context("it cannot be started again")
}

fn n_restarts() -> u32 {
    std::env::var(VARIABLE).ok().and_then(|n| n.parse().ok()).unwrap_or(0)
}
