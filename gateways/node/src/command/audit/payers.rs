//! What payers were told, against what the Bank holds.

use std::collections::HashSet;

use super::bank::BankView;
use super::verdict::Comparison;
use crate::load_log::{Answer, Paid};

pub(super) fn compare(log: &[Paid], bank: &BankView) -> Comparison {
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
            Some(found)
                if found.is_charged != is_charged
                    || found.amount_minor != paid.amount_minor
                    || found.order_id != *key
                    || found.merchant != paid.merchant =>
            {
                result.mismatch(format!("{key}: payment {id} is another at the bank"));
            }
            Some(found) => {
                result.matched += 1;
                result.bank_minor += if is_charged { found.amount_minor.into() } else { 0 };
            }
        }
    }
    result
}
