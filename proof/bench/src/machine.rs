//! What else the machine does, and what its disk is like, while something is measured.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

/// Syncs of one probe.
const N_SYNCS: usize = 100;
/// What the probe appends before each sync: the size of a small commit.
const APPEND: [u8; 320] = [7; 320];
/// Clock ticks in a second of `/proc`: `sysconf(_SC_CLK_TCK)` is 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// The machine at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Weather {
    /// Processes that wanted to run, over a minute.
    pub(crate) load: f64,
    pub(crate) sync_p50_ms: f64,
    pub(crate) sync_p99_ms: f64,
}

impl Weather {
    /// Looks at the load and appends to a file in `folder`.
    pub(crate) fn probe(folder: &Path) -> anyhow::Result<Weather> {
        let path = folder.join("probe");
        let mut file = File::create(&path).context("the probe's file cannot be made")?;
        let mut took = Vec::with_capacity(N_SYNCS);
        for _ in 0..N_SYNCS {
            let started = Instant::now();
            file.write_all(&APPEND)?;
            file.sync_data()?;
            took.push(started.elapsed());
        }
        fs::remove_file(&path)?;
        took.sort_unstable();
        let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        Ok(Weather {
            load: load(),
            sync_p50_ms: ms(took[N_SYNCS / 2]),
            sync_p99_ms: ms(took[N_SYNCS * 99 / 100]),
        })
    }
}

fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// Processor seconds of this process so far, by thread name; threads that have ended are not in
/// it.
pub(crate) fn cpu_seconds() -> HashMap<String, f64> {
    let mut seconds = HashMap::new();
    for task in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(task.path().join("stat")) else { continue };
        // The name stands in parentheses and may hold anything; fields after it are numbers.
        let (Some(open), Some(close)) = (stat.find('('), stat.rfind(')')) else { continue };
        let fields: Vec<&str> = stat[close + 1..].split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|it| it.parse::<f64>().ok());
        // utime and stime are the 14th and 15th of all fields.
        let used = ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0);
        *seconds.entry(stat[open + 1..close].to_owned()).or_default() += used / TICKS_PER_SECOND;
    }
    seconds
}

/// What has come over the loopback interface since it is there, in bytes (`/proc/net/dev`,
/// proc(5)): all that was sent, once. No number where the system does not count.
pub(crate) fn loopback_bytes() -> f64 {
    let text = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let of_loopback = text.lines().find_map(|line| line.trim_start().strip_prefix("lo:"));
    let received = of_loopback.and_then(|line| line.split_whitespace().next()?.parse().ok());
    received.unwrap_or(f64::NAN)
}

/// Resident memory of a process, now and at its highest, in MiB.
pub(crate) fn resident_mib(process: &str) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1_024.0)
    };
    (mib("VmRSS:").unwrap_or(f64::NAN), mib("VmHWM:").unwrap_or(f64::NAN))
}

/// Makes the highest resident memory of this process what it is now (proc(5), `clear_refs`).
pub(crate) fn forget_highest_resident() -> anyhow::Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("the highest memory cannot be forgotten")
}
