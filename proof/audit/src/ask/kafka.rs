//! What is on the topic.

use std::time::Duration;

use bancada_kafka::{Brokers, Topic, TopicError, TopicPast};

use super::bank::BankFeed;
use super::error::{ReadError, in_a_line};
use super::patience::until_well;
use crate::bank::BankView;
use crate::kafka::{NAME, SUM_OF, Seen};
use crate::verdict::Comparison;

const READ_EVERY: Duration = Duration::from_millis(250);

/// Compares the topic, onto which the last events may take so long to come, and whose brokers may
/// be away for so long.
pub(super) async fn audit(
    brokers: &Brokers,
    feed: &BankFeed,
    bank: &BankView,
    within: Duration,
) -> Comparison {
    let mut past = TopicPast::new(Topic::payments(brokers.clone()));
    let mut seen = Seen::default();
    let unread = |error: ReadError| Comparison::unread(NAME, SUM_OF, in_a_line(&error));
    until_well(unread, within, READ_EVERY, async || {
        loop {
            let records = past.read_on().await.map_err(TopicError::from)?;
            if records.is_empty() {
                seen.unreadable = past.unreadable().to_vec();
                return Ok(seen.compare(bank, &feed.latest().await?));
            }
            records.iter().for_each(|record| seen.add(record, bank));
        }
    })
    .await
}
