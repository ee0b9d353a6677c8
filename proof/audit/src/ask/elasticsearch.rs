//! The copies of payments in Elasticsearch.

use std::time::Duration;

use bancada_pipeline::{HttpAddress, payment_documents};

use super::bank::BankFeed;
use super::error::{ReadError, in_a_line};
use super::patience::until_well;
use crate::bank::BankView;
use crate::elasticsearch::{Copied, NAME, SUM_OF, compare};
use crate::verdict::Comparison;

const READ_EVERY: Duration = Duration::from_millis(500);

/// Compares the copies, which may take so long to come.
pub(super) async fn audit(
    address: &HttpAddress,
    feed: &BankFeed,
    bank: &BankView,
    within: Duration,
) -> Comparison {
    let unread = |error: ReadError| Comparison::unread(NAME, SUM_OF, in_a_line(&error));
    until_well(unread, within, READ_EVERY, async || {
        let mut copies = Vec::new();
        payment_documents(address, |it| copies.push(Copied::of(it.id, it.version, it.fields)))
            .await?;
        Ok(compare(&copies, bank, &feed.latest().await?))
    })
    .await
}
