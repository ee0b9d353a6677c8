//! Somebody who buys in the shop all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::program::*;

/// Cards that approve.
const CARDS: [&str; 3] = ["4242424242424242", "5555555555554444", "6362970000457013"];
/// A little rest between two orders, so that cards keep a limit to spend.
const PACE: Duration = Duration::from_millis(25);

pub(crate) struct Buyer {
    system: System,
    is_over: Arc<AtomicBool>,
    buying: JoinHandle<Vec<String>>,
}

impl Buyer {
    pub(crate) fn start(system: System) -> Buyer {
        let is_over = Arc::new(AtomicBool::new(false));
        let buying = tokio::spawn(buy(system.clone(), Arc::clone(&is_over)));
        Buyer { system, is_over, buying }
    }

    /// Stops buying and waits until every order has an outcome; how many there were.
    pub(crate) async fn finish(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        let keys = self.buying.await.unwrap();
        for key in &keys {
            eventually("the order has an outcome", async || {
                ["paid", "declined"].contains(&self.system.order_status(key).await.as_str())
            })
            .await;
        }
        keys.len()
    }
}

/// Repeats every order with its key until the shop has it, as the shop's page does.
async fn buy(system: System, is_over: Arc<AtomicBool>) -> Vec<String> {
    let mut keys = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let key = new_key();
        let card = CARDS[keys.len() % CARDS.len()];
        let deadline = Instant::now() + PATIENCE;
        while !system.buy(&key, card).await.is_ok_and(|(status, _)| status < 300) {
            assert!(Instant::now() < deadline, "the shop does not take the order");
            tokio::time::sleep(PACE).await;
        }
        keys.push(key);
        tokio::time::sleep(PACE).await;
    }
    keys
}
