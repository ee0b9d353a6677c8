//! Many faults on real processes under load, drawn from a seed, and an audit after every few.
//!
//! `cargo xtask campaign --faults 1000 --seed 7` runs more of them; what is printed says how to
//! repeat a run.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a long run says where it is")]

mod buyer;
mod fault;
#[path = "../system/load.rs"]
#[allow(dead_code, reason = "shared with the system's tests")]
mod load;
#[path = "../system/parts.rs"]
#[allow(dead_code, reason = "shared with the system's tests")]
mod parts;
#[path = "../system/program.rs"]
#[allow(dead_code, reason = "shared with the system's tests")]
mod program;
mod proxy;
#[path = "../system/said.rs"]
mod said;
#[path = "../system/small_disk.rs"]
#[allow(dead_code, reason = "shared with the system's tests")]
mod small_disk;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::buyer::Buyer;
use crate::fault::Victims;
use crate::load::Load;
use crate::parts::Parts;
use crate::program::*;
use crate::proxy::Proxy;
use crate::small_disk::SmallDisk;

/// Room for what a campaign of a hundred faults writes, several times over; and more for more.
const DISK_BYTES: u64 = 256 * 1024 * 1024;
const DISK_BYTES_PER_FAULT: u64 = 1024 * 1024;
/// Faults between two audits.
const ROUND: usize = 10;

fn number(variable: &str, default: u64) -> u64 {
    let set = std::env::var(variable).ok();
    set.map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn whatever_fails_nothing_is_lost_doubled_or_overspent() {
    let n_faults = usize::try_from(number("BANCADA_CAMPAIGN_FAULTS", 100)).unwrap();
    let seed = number("BANCADA_CAMPAIGN_SEED", 1);
    run(async {
        let (data, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let disk = SmallDisk::mount(DISK_BYTES + DISK_BYTES_PER_FAULT * n_faults as u64);
        if disk.is_none() {
            eprintln!("campaign: the faults of a full disk are left out");
        }
        let parts = Parts::new(disk.as_ref().map_or(data.path(), SmallDisk::path));
        let bank = parts.system.bank.trim_start_matches("http://").parse().unwrap();
        let (shop, statement) = (Proxy::start(bank).await, Proxy::start(bank).await);
        let parts = parts.between(&shop.url(), &statement.url());
        let mut victims = Victims::start(parts, shop, statement, disk).await;
        let mut rng = StdRng::seed_from_u64(seed);
        let mut n_done = 0;
        while n_done < n_faults {
            let system = &victims.parts.system;
            // Its log is on another disk: it has to write down what it was told.
            let load = Load::start(&victims.shop.url(), logs.path(), "1h");
            // Its cards are issued by then: a fault in the middle of that would end it.
            system.advances(50).await;
            let buyer = Buyer::start(system.clone());
            for _ in 0..ROUND.min(n_faults - n_done) {
                n_done += 1;
                // Most faults hit payments that flow, some the system that still mends the last.
                if rng.random_bool(0.7) {
                    victims.parts.system.advances(50).await;
                }
                let fault = victims.draw(&mut rng);
                eprintln!("campaign --seed {seed}: fault {n_done} of {n_faults}: {fault:?}");
                victims.suffer(fault).await;
            }
            victims.recover().await;
            let log = load.stop().await;
            let n_orders = buyer.finish().await;
            assert!(n_orders > 0, "orders were placed meanwhile");
            victims.parts.system.passes_audit(Some(&log)).await;
        }
        victims.stop();
    });
}
