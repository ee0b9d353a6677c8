//! A process that has no descriptor left for another connection waits for one, and does not spin.

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::*;

/// Beyond those that are open.
const N_FREE: usize = 3;
/// More than there are numbers free below the highest one.
const N_CONNECTIONS: usize = 200;
/// For so long it is looked at; a loop that spins uses all of it.
const LOOKED_AT: Duration = Duration::from_secs(1);

/// One more than the highest descriptor that a process has.
fn descriptors(process: u32) -> usize {
    let open = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let numbers = open.filter_map(|it| it.ok()?.file_name().to_str()?.parse::<usize>().ok());
    numbers.max().unwrap_or(0) + 1
}

/// Processor time that a process has used.
fn used(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // Its name, which may hold anything, ends with the last parenthesis; `man proc_pid_stat`.
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_without_descriptors_waits_for_them() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&[]);
        system.is_ready().await;
        system.is_ready_to_pay().await;
        let (process, limit) = (program.id(), descriptors(program.id()) + N_FREE);
        let mut lower = Command::new("prlimit");
        lower.args(["--pid", &process.to_string(), &format!("--nofile={limit}:{limit}")]);
        assert!(lower.status().unwrap().success());

        let bank = system.bank.trim_start_matches("http://");
        let held: Vec<_> = (0..N_CONNECTIONS).map(|_| TcpStream::connect(bank).unwrap()).collect();
        eventually("none is left", async || descriptors(process) >= limit).await;
        let (before, began) = (used(process), Instant::now());
        tokio::time::sleep(LOOKED_AT).await;
        let share = (used(process) - before).as_secs_f64() / began.elapsed().as_secs_f64();
        assert!(share < 0.5, "it uses {share:.2} of a processor while it waits");

        drop(held);
        eventually("it answers again", async || {
            let paid = system.buy(&new_key(), "4242424242424242").await;
            paid.is_ok_and(|(_, order)| order["status"] == "paid")
        })
        .await;
        eventually("the bank takes connections again", async || {
            system.audit(None).await.code == Some(0)
        })
        .await;
        assert_eq!(program.interrupt(), Some(0));
    });
}
