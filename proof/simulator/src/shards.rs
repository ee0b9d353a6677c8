//! A Bank of several ledgers, which messages between them reach in any order.
//!
//! Who answers a key is the product's rule ([`bancada_bank::shards`]); what carries the messages is
//! here once more. Keys are few, and each comes with cards of every ledger, so that most requests
//! find their key elsewhere. What is audited is that one key has one effect, whatever the shards.

mod bank;
mod request;

use std::collections::HashMap;

use bancada_bank::ledger::Entry;
use bancada_kernel::{CardToken, EventKind, PaymentId, ShardCount};

use crate::draw::{Draw, Stream};
use crate::planted::Planted;
use bank::{Bank, Told};
use request::Request;

const N_SHARDS: u32 = 3;
const N_CARDS: usize = 6;
/// Requests under way at once, about.
const N_AT_ONCE: usize = 12;

/// What must not be, and was, in a run of so many steps.
pub(crate) fn breaches(seed: u64, steps: u64, planted: Planted) -> Vec<String> {
    let mut draw = Draw::new(seed, Stream::Shards);
    let count = ShardCount::new(N_SHARDS).expect("some shards");
    let mut bank = Bank::new(count, planted);
    let cards: Vec<_> = (1..=N_CARDS).map(|n| token(&format!("card_{n}"))).collect();
    bank.load_all(&mut draw);
    cards.iter().for_each(|card| bank.issue(card.clone(), &mut draw));
    let (mut under_way, mut told) = (Vec::<Request>::new(), Vec::new());
    for _ in 0..steps {
        bank.now_ms += 1;
        match draw.below(40) {
            0 => {
                under_way.clear();
                bank.crash();
            }
            1 => told.extend(bank.restart_one(&mut draw)),
            2..=7 => bank.load_one(&mut draw),
            8..=13 => told.extend(bank.commit_one(&mut draw)),
            _ if under_way.len() < N_AT_ONCE && draw.one_in(2) => {
                under_way.push(Request::draw(&mut draw, &cards));
            }
            _ if !under_way.is_empty() => {
                let request = under_way.swap_remove(draw.below(under_way.len()));
                under_way.extend(bank.go_on(request, &mut draw));
            }
            _ => {}
        }
    }
    bank.load_all(&mut draw);
    for shard in 0..bank.n_shards() {
        told.extend(bank.commit(shard));
    }
    audit(&bank.into_journals(), &told)
}

fn token(text: &str) -> CardToken {
    CardToken::parse(text).expect("a short word")
}

/// Holds what was told against what is durable, without asking a ledger.
fn audit(journals: &[Vec<Entry>], told: &[Told]) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut effects: HashMap<String, Vec<PaymentId>> = HashMap::new();
    for entry in journals.iter().flatten() {
        let event = &entry.event;
        let key = match (event.kind, &entry.request) {
            (EventKind::BillPaid | EventKind::BillRefused, _) => format!("bill {}", event.order_id),
            (_, Some(request)) => format!("payment {}", request.key),
            _ => continue,
        };
        effects.entry(key).or_default().push(event.transaction_id);
    }
    for (key, payments) in &effects {
        if payments.len() > 1 {
            breaches.push(format!("L3: the key of {key} has {} effects", payments.len()));
        }
    }
    for Told { key, payment } in told {
        match effects.get(key) {
            Some(payments) if payments.contains(payment) => {}
            Some(_) => breaches.push(format!("I2: the key of {key} was told another payment")),
            None => breaches.push(format!("I1: {key} was answered, and is in no journal")),
        }
    }
    breaches.sort_unstable();
    breaches
}
