//! The Bank's event feed: everything that is committed.

use std::time::Duration;

use bancada_extrato::ports::EventRepair as _;
use bancada_grpc::client::{BankAddress, FeedClient};
use bancada_grpc::event_from_message;
use bancada_kernel::Shard;

use super::error::ReadError;
use crate::bank::{BankView, Latest};

/// The feed sends at once what is there.
const BATCH_WITHIN: Duration = Duration::from_secs(10);

/// Where more can be asked.
pub(super) struct BankFeed(FeedClient);

impl BankFeed {
    /// Reads everything that is committed now.
    pub(super) async fn read(bank: &BankAddress) -> Result<(BankFeed, BankView), ReadError> {
        let feed = FeedClient::new(bank);
        let mut view = BankView::default();
        for beginning in feed.beginnings().await? {
            read_shard(&feed, beginning, &mut view).await?;
        }
        view.add_up();
        Ok((BankFeed(feed), view))
    }

    /// How far the Bank is now: what somebody else has of later events may be right, and what is
    /// beyond this is not at the Bank.
    pub(super) async fn latest(&self) -> Result<Latest, ReadError> {
        Ok(Latest::of(self.0.committed_positions().await?))
    }
}

async fn read_shard(
    feed: &FeedClient,
    beginning: u64,
    view: &mut BankView,
) -> Result<(), ReadError> {
    let shard = Shard::of_position(beginning);
    let mut batches = feed.subscribe(beginning).await?;
    view.begin(beginning);
    let mut end = None;
    while end.is_none_or(|end| view.reached(shard) < end) {
        let batch = tokio::time::timeout(BATCH_WITHIN, batches.message()).await;
        let batch = batch.map_err(|_| ReadError::NoEvents)?;
        let batch = batch.map_err(|status| ReadError::Feed(status.message().to_owned()))?;
        let batch = batch.ok_or(ReadError::FeedEnded)?;
        // What is committed later is not part of this audit.
        let end = *end.get_or_insert(batch.committed_position);
        for message in batch.events {
            if message.position <= end {
                view.add(&event_from_message(message)?);
            }
        }
    }
    Ok(())
}
