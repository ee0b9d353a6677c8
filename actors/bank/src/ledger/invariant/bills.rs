//! L3 of bills.

use std::collections::HashMap;

use bancada_kernel::{EventKind, IdempotencyKey};

use crate::ledger::{Entry, Ledger};

/// A key has at most one payment of a bill, and it is known for ever.
pub(super) fn l3_a_bill_is_paid_once_for_each_key(
    ledger: &Ledger,
    entries: &[Entry],
    breach: &mut impl FnMut(&'static str, String),
) {
    let mut first: HashMap<&str, u64> = HashMap::new();
    for event in entries.iter().map(|entry| &entry.event) {
        if !matches!(event.kind, EventKind::BillPaid | EventKind::BillRefused) {
            continue;
        }
        if let Some(first) = first.insert(&event.order_id, event.position) {
            let second = event.position;
            breach("L3", format!("bill {} acted at {first} and at {second}", event.order_id));
        }
        let key = IdempotencyKey::parse(&event.order_id).ok();
        let known = key.and_then(|key| ledger.bill_payment(&key));
        if known.is_none_or(|it| it.id != event.transaction_id || it.amount != event.amount) {
            breach("L3", format!("bill {} is not known", event.order_id));
        }
    }
}
