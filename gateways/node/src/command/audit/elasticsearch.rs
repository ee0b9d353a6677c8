//! The copies of payments in Elasticsearch, against what the Bank holds.

use std::collections::HashSet;
use std::time::Duration;

use bancada_pipeline::{HttpAddress, PaymentDocument, payment_documents};
use tokio::time::{Instant, sleep};

use super::bank::{BankView, Latest};
use super::verdict::Comparison;

const READ_EVERY: Duration = Duration::from_millis(500);

/// Compares the copies, which may take so long to come.
pub(super) async fn audit(
    address: &HttpAddress,
    bank: &BankView,
    within: Duration,
) -> anyhow::Result<Comparison> {
    let deadline = Instant::now() + within;
    loop {
        let documents = payment_documents(address).await?;
        let result = compare(&documents, bank, &bank.latest().await?);
        if result.is_well() || Instant::now() >= deadline {
            return Ok(result);
        }
        sleep(READ_EVERY).await;
    }
}

pub(super) fn compare(
    documents: &[PaymentDocument],
    bank: &BankView,
    latest: &Latest,
) -> Comparison {
    let mut result = Comparison::new("elasticsearch", "charged and not refunded");
    let mut seen = HashSet::new();
    for document in documents {
        let id = document.transaction_id.as_str();
        if !seen.insert(id) {
            result.duplicate(format!("payment {id} has two documents"));
            continue;
        }
        let known = bank.payments.get(id);
        if latest.lacks(document.position) {
            result.mismatch(format!("payment {id} is as of beyond the bank's last event"));
            continue;
        }
        if !bank.covers(document.position) {
            // What happened later is not part of this audit; what was before it cannot be told.
            if let Some(known) = known {
                let minor = known.captured_minor() - known.refunded_minor;
                result.bank_minor += minor;
                result.other_minor += minor;
            }
            continue;
        }
        result.other_minor +=
            i128::from(document.captured_minor) - i128::from(document.refunded_minor);
        let Some(known) = known else {
            result.mismatch(format!("payment {id} is not at the bank"));
            continue;
        };
        result.bank_minor += known.captured_minor() - known.refunded_minor;
        let expected = PaymentDocument {
            transaction_id: id.to_owned(),
            status: known.status.to_owned(),
            position: known.position,
            amount_minor: known.amount_minor,
            captured_minor: narrow(known.captured_minor()),
            refunded_minor: narrow(known.refunded_minor),
            merchant_id: known.merchant.clone(),
            order_id: known.order_id.clone(),
        };
        if *document == expected {
            result.matched += 1;
        } else {
            result.mismatch(format!("payment {id} is another at the bank"));
        }
    }
    for (id, known) in bank.payments.iter().filter(|(id, _)| !seen.contains(id.as_str())) {
        result.bank_minor += known.captured_minor() - known.refunded_minor;
        result.missing(format!("payment {id} has no document"));
    }
    result
}

/// What a document has room for; what has none is another sum than any document's.
fn narrow(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(i64::MIN)
}
