//! A process that is killed again and again, at moments that a seed draws, under load and while it
//! starts: no start is refused, and nothing that was told is lost.
//!
//! `BANCADA_KILLS` asks for more kills than a test run makes, `BANCADA_KILLS_SEED` for other
//! moments.

use std::fs;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::load::Load;
use crate::program::*;

/// A start takes some tenths of a second; a kill falls anywhere in it, or soon after.
const START_MS: u64 = 500;
/// Between two commits, or in the middle of one.
const MOMENT_US: u64 = 20_000;

fn number(variable: &str, default: u64) -> u64 {
    let set = std::env::var(variable).ok();
    set.map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn no_start_is_refused_however_often_and_whenever_the_process_is_killed() {
    let (n_kills, seed) = (number("BANCADA_KILLS", 20), number("BANCADA_KILLS_SEED", 1));
    run(async {
        let (data, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let said = logs.path().join("up.log");
        let system = System::new(data.path());
        let start = || system.up_writing(&[], "error", &said);
        let mut rng = StdRng::seed_from_u64(seed);
        let mut program = start();
        system.is_ready().await;
        let load = Load::start(&system.bank, logs.path(), "1h");
        system.advances(50).await;
        let mut n_in_start = 0;
        for kill in 1..=n_kills {
            // The moment of the kill is what is drawn; nothing is expected to have happened.
            let moment = if rng.random_bool(0.5) {
                system.is_ready_to_pay().await;
                system.advances(rng.random_range(1..150)).await;
                Duration::from_micros(rng.random_range(0..MOMENT_US))
            } else {
                n_in_start += 1;
                Duration::from_millis(rng.random_range(0..START_MS))
            };
            tokio::time::sleep(moment).await;
            if let Some(code) = program.ended() {
                let said = fs::read_to_string(&said).unwrap();
                panic!("kill {kill} of seed {seed}: it ended by itself with {code:?}: {said}");
            }
            program.kill();
            program = start();
        }
        system.is_ready().await;
        system.advances(50).await;
        let log = load.stop().await;
        system.passes_audit(Some(&log)).await;
        let said = fs::read_to_string(&said).unwrap();
        assert!(!said.contains("error: "), "{said}");
        eprintln!("{n_kills} kills, {n_in_start} of them not after a start that was waited for");
        assert_eq!(program.interrupt(), Some(0));
    });
}
