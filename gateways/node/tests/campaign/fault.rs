//! What can happen to a system, and the system it happens to.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;

use crate::parts::Parts;
use crate::program::*;
use crate::proxy::{Network, Proxy};
use crate::small_disk::SmallDisk;

/// A card that approves, and that no buyer uses.
const CARD: &str = "6062825624254001";

/// The processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Bank,
    Shop,
    Statement,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// SIGKILL, and a new process.
    Kill(Part),
    /// SIGSTOP for a while.
    Suspend(Part, Duration),
    /// A panic inside the Bank.
    Crash(&'static str),
    /// Between the Bank and the shop with its load, or the statement, for a while.
    Disturb(Part, Network, Duration),
    /// The disk of everything is full for a while.
    FullDisk(Duration),
}

/// The next fault, whether it can happen here or not.
fn draw(rng: &mut StdRng) -> Fault {
    let part = |rng: &mut StdRng| [Part::Bank, Part::Shop, Part::Statement][rng.random_range(0..3)];
    let length = Duration::from_millis(rng.random_range(50..400));
    match rng.random_range(0..11) {
        0..=2 => Fault::Kill(part(rng)),
        3 => Fault::Suspend(part(rng), length),
        4 => Fault::Crash(["bank/ledger", "bank/journal"][rng.random_range(0..2)]),
        5 => Fault::FullDisk(length),
        _ => {
            let side = [Part::Shop, Part::Statement][rng.random_range(0..2)];
            let network = [
                Network::Cut,
                Network::Delayed(Duration::from_millis(rng.random_range(1..50))),
                Network::HalfOpen,
                Network::RepliesLost,
            ][rng.random_range(0..4)];
            Fault::Disturb(side, network, length)
        }
    }
}

/// Everything that runs.
pub(crate) struct Victims {
    pub(crate) parts: Parts,
    /// Between the Bank and the shop.
    pub(crate) shop: Proxy,
    statement: Proxy,
    programs: [Program; 3],
    /// Where the data of all of them is, if it can be filled.
    disk: Option<SmallDisk>,
}

impl Victims {
    pub(crate) async fn start(
        parts: Parts,
        shop: Proxy,
        statement: Proxy,
        disk: Option<SmallDisk>,
    ) -> Victims {
        let programs = [parts.bank(), parts.checkout(), parts.extrato()];
        let victims = Victims { parts, shop, statement, programs, disk };
        victims.recover().await;
        victims
    }

    /// The next fault that can happen here.
    pub(crate) fn draw(&self, rng: &mut StdRng) -> Fault {
        loop {
            match draw(rng) {
                Fault::FullDisk(_) if self.disk.is_none() => {}
                fault => return fault,
            }
        }
    }

    /// Lets a fault happen, and end.
    pub(crate) async fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::Kill(part) => {
                self.program(part).kill();
                *self.program(part) = match part {
                    Part::Bank => self.parts.bank(),
                    Part::Shop => self.parts.checkout(),
                    Part::Statement => self.parts.extrato(),
                };
            }
            Fault::Suspend(part, length) => {
                self.program(part).signal("-STOP");
                tokio::time::sleep(length).await;
                self.program(part).signal("-CONT");
            }
            Fault::Crash(child) => {
                let system = &self.parts.system;
                let url = format!("{}/chaos/crash/{child}", system.admin);
                // It may be on its way back from the fault before.
                eventually("it runs and can be crashed", async || {
                    let answer = system.web.post(&url).send().await;
                    answer.is_ok_and(|answer| answer.status() == 204)
                })
                .await;
            }
            Fault::Disturb(side, network, length) => {
                let proxy = if side == Part::Shop { &self.shop } else { &self.statement };
                proxy.set(network);
                tokio::time::sleep(length).await;
                proxy.set(Network::Well);
            }
            Fault::FullDisk(length) => {
                let disk = self.disk.as_ref().expect("only what can happen is drawn");
                // A start on a full disk is refused for good, and another test's matter.
                self.recover().await;
                disk.fill();
                let system = &self.parts.system;
                eventually("the bank says that its disk is full", async || is_full(system).await)
                    .await;
                // What was given back meanwhile is taken as well.
                disk.fill();
                let (status, answer) = system.buy(&new_key(), CARD).await.unwrap();
                assert!([202, 503].contains(&status), "nothing is paid: {status} {answer}");
                tokio::time::sleep(length).await;
                assert!(is_full(system).await, "it stays so while there is no room");
                disk.make_room();
            }
        }
    }

    /// Waits until every part answers again.
    pub(crate) async fn recover(&self) {
        let system = &self.parts.system;
        system.is_ready().await;
        let products = format!("{}/api/checkout/v1/products", system.shop);
        eventually("the shop is there", async || system.get(&products).await.is_ok()).await;
    }

    pub(crate) fn stop(self) {
        for program in self.programs {
            assert_eq!(program.interrupt(), Some(0));
        }
    }

    fn program(&mut self, part: Part) -> &mut Program {
        &mut self.programs[part as usize]
    }
}

async fn is_full(system: &System) -> bool {
    let url = format!("{}/readyz?verbose", system.admin);
    let Ok(answer) = system.web.get(url).send().await else { return false };
    answer.text().await.is_ok_and(|text| text.contains("bank: the disk of the journal is full"))
}
