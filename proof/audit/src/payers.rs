//! What payers were told, against what the Bank holds.

use std::collections::HashSet;

use bancada_kernel::{Currency, DeclineReason};

use crate::bank::{BankPayment, BankView};
use crate::verdict::Comparison;
use bancada_load::{Answer, Paid};

/// Holds what payers were told against the Bank.
pub fn compare(log: &[Paid], bank: &BankView) -> Comparison {
    let mut result = Comparison::new("payers", "charged");
    let mut ids = HashSet::new();
    for paid in log {
        let key = &paid.key;
        let order = (paid.merchant.clone(), key.clone());
        let charges = bank.charges.get(&order).map_or(0, Vec::len);
        if charges > 1 {
            result.duplicate(format!("{key} was charged {charges} times"));
        }
        let Some(id) = &paid.payment_id else {
            // The payer was never told; whether it was charged is for the Bank to say.
            result.unknown += 1;
            let minor = if charges == 1 { i128::from(paid.amount_minor) } else { 0 };
            result.bank_minor += minor;
            result.other_minor += minor;
            continue;
        };
        if !ids.insert(id) {
            result.duplicate(format!("payment {id} answers two keys, one is {key}"));
        }
        let is_charged = paid.answer == Answer::Approved;
        if is_charged {
            result.other_minor += i128::from(paid.amount_minor);
        }
        match bank.payments.get(id) {
            None => result.missing(format!("{key}: payment {id} is not at the bank")),
            Some(found) => {
                let differences = differences(paid, is_charged, found);
                if differences.is_empty() {
                    result.matched += 1;
                } else {
                    let parts = differences.join(", ");
                    result.mismatch(format!("{key}: payment {id} is another at the bank: {parts}"));
                }
                result.bank_minor += if found.is_charged { found.amount_minor.into() } else { 0 };
            }
        }
    }
    result.closed()
}

/// In what a payer knows another payment than the Bank. When it was sent, how often and how long
/// it took is the payer's own.
fn differences(paid: &Paid, is_charged: bool, found: &BankPayment) -> Vec<&'static str> {
    let card = found.card.as_ref().map(|card| card.masked.as_str());
    let reason = found.decline.map(DeclineReason::word);
    let differs = [
        ("key", found.order_id != paid.key),
        ("merchant", found.merchant != paid.merchant),
        ("card", card.is_some_and(|card| card != paid.card)),
        ("amount", found.amount_minor != paid.amount_minor),
        ("currency", found.currency != Currency::BRL),
        ("answer", found.is_charged != is_charged),
        ("reason", reason != paid.reason.as_deref()),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
