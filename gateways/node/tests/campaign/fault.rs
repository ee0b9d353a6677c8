//! What can happen to a system, and the system it happens to.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;

use crate::parts::Parts;
use crate::program::*;
use crate::proxy::{Network, Proxy};

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
}

/// The next fault.
pub(crate) fn draw(rng: &mut StdRng) -> Fault {
    let part = |rng: &mut StdRng| [Part::Bank, Part::Shop, Part::Statement][rng.random_range(0..3)];
    let length = Duration::from_millis(rng.random_range(50..400));
    match rng.random_range(0..10) {
        0..=2 => Fault::Kill(part(rng)),
        3 => Fault::Suspend(part(rng), length),
        4 => Fault::Crash(["bank/ledger", "bank/journal"][rng.random_range(0..2)]),
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
}

impl Victims {
    pub(crate) async fn start(parts: Parts, shop: Proxy, statement: Proxy) -> Victims {
        let programs = [parts.bank(), parts.checkout(), parts.extrato()];
        let victims = Victims { parts, shop, statement, programs };
        victims.recover().await;
        victims
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
