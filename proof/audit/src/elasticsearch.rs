//! The copies of payments in Elasticsearch, against what the Bank holds.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::bank::shown::DOCUMENT;
use crate::bank::{BankView, Latest};
use crate::facts::Facts;
use crate::verdict::Comparison;

pub(crate) const NAME: &str = "elasticsearch";
pub(crate) const SUM_OF: &str = "charged and not refunded";

/// A document, as far as it can be read.
pub struct Copied {
    id: String,
    payment: Result<CopiedPayment, &'static str>,
}

struct CopiedPayment {
    id: String,
    position: u64,
    moved_minor: i128,
    shown: Facts,
}

impl Copied {
    /// A document with this id and version, whose fields are an object.
    pub fn of(id: String, version: u64, mut fields: Value) -> Copied {
        fields["_id"] = json!(id);
        fields["_version"] = json!(version);
        Copied { id, payment: CopiedPayment::of(&fields) }
    }
}

impl CopiedPayment {
    fn of(fields: &Value) -> Result<CopiedPayment, &'static str> {
        let id = fields["transaction_id"].as_str().ok_or("it names no payment")?;
        let position = fields["position"].as_u64().ok_or("it has no position")?;
        let minor = |name: &str| i128::from(fields[name].as_i64().unwrap_or_default());
        Ok(CopiedPayment {
            id: id.to_owned(),
            position,
            moved_minor: minor("captured_minor") - minor("refunded_minor"),
            shown: Facts::of(DOCUMENT, fields),
        })
    }
}

/// Holds the copies against the Bank.
pub fn compare(copies: &[Copied], bank: &BankView, latest: &Latest) -> Comparison {
    let mut result = Comparison::new(NAME, SUM_OF);
    let mut seen = HashSet::new();
    for copy in copies {
        let copied = match &copy.payment {
            Ok(copied) => copied,
            Err(why) => {
                seen.insert(copy.id.as_str());
                result.mismatch(format!("document {} is of no payment: {why}", copy.id));
                continue;
            }
        };
        let id = copied.id.as_str();
        if !seen.insert(id) {
            result.duplicate(format!("payment {id} has two documents"));
            continue;
        }
        let known = bank.payments.get(id);
        if latest.lacks(copied.position) {
            result.mismatch(format!("payment {id} is as of beyond the bank's last event"));
            continue;
        }
        if !bank.covers(copied.position) {
            // What happened later is not part of this audit; what was before it cannot be told.
            if let Some(known) = known {
                result.bank_minor += known.told_minor;
                result.other_minor += known.told_minor;
            }
            continue;
        }
        result.other_minor += copied.moved_minor;
        let Some(known) = known else {
            result.mismatch(format!("payment {id} is not at the bank"));
            continue;
        };
        result.bank_minor += known.told_minor;
        let differences = copied.shown.differences(DOCUMENT, &known.document);
        if differences.is_empty() {
            result.matched += 1;
        } else {
            let differences = differences.join(", ");
            result.mismatch(format!("payment {id} is another at the bank: {differences}"));
        }
    }
    for (id, known) in bank.payments.iter().filter(|(id, _)| !seen.contains(id.as_str())) {
        result.bank_minor += known.told_minor;
        result.missing(format!("payment {id} has no document"));
    }
    result.closed()
}
