//! The statement's client of the Bank's event feed: the embedded transport, and the source of
//! repairs for every transport.
//!
//! A feed is one partition, and its offsets are positions of the journal.

use std::time::Duration;

use async_trait::async_trait;
use bancada_extrato::ports::{
    EventRepair, EventSource, EventStream, Offsets, SourceBatch, SourceError, SourcePosition,
    SourceRecord, Undecodable,
};
use bancada_kernel::{CardToken, PaymentEvent};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::event_feed_client::EventFeedClient;
use prost::Message as _;
use tonic::Streaming;
use tonic::transport::Channel;

use super::channels::{BankAddress, connect};
use crate::message::event::event_from_message;

/// The one partition of a feed.
const PARTITION: u32 = 0;
/// A batch of the feed: 512 events of at most some kilobytes.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Connecting, and the first batch of a repair.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct FeedClient {
    channel: EventFeedClient<Channel>,
}

impl FeedClient {
    /// A client that connects when it is used; call it inside a tokio runtime.
    pub fn new(address: &BankAddress) -> FeedClient {
        let channel =
            EventFeedClient::new(connect(address)).max_decoding_message_size(MAX_BATCH_BYTES);
        FeedClient { channel }
    }

    /// Every event after a position, and then what is committed from now on.
    pub async fn subscribe(
        &self,
        after_position: u64,
    ) -> Result<Streaming<v1::EventBatch>, SourceError> {
        let mut channel = self.channel.clone();
        let opening = channel.subscribe(v1::SubscribeRequest { after_position });
        match tokio::time::timeout(ANSWER_WITHIN, opening).await {
            Ok(Ok(stream)) => Ok(stream.into_inner()),
            Ok(Err(status)) => Err(SourceError(status.message().to_owned())),
            Err(_) => Err(SourceError("the bank did not answer in time".to_owned())),
        }
    }
}

#[async_trait]
impl EventSource for FeedClient {
    async fn open(&self, after: Offsets) -> Result<Box<dyn EventStream>, SourceError> {
        let after = after.0.get(&PARTITION).copied().unwrap_or(0);
        Ok(Box::new(FeedStream { batches: self.subscribe(after).await? }))
    }
}

struct FeedStream {
    batches: Streaming<v1::EventBatch>,
}

#[async_trait]
impl EventStream for FeedStream {
    async fn next(&mut self) -> Result<SourceBatch, SourceError> {
        match self.batches.message().await {
            Ok(Some(batch)) => Ok(SourceBatch {
                committed_position: Some(batch.committed_position),
                records: batch.events.into_iter().map(record).collect(),
            }),
            Ok(None) => Err(SourceError("the bank ended the feed".to_owned())),
            Err(status) => Err(SourceError(status.message().to_owned())),
        }
    }
}

fn record(message: v1::PaymentEvent) -> SourceRecord {
    let at = Some(SourcePosition { partition: PARTITION, offset: message.position });
    let card = CardToken::parse(&message.card_token).ok();
    let raw = message.clone();
    let event = event_from_message(message).map_err(|error| Undecodable {
        card,
        raw: raw.encode_to_vec(),
        why: error.to_string(),
    });
    SourceRecord { at, event }
}

#[async_trait]
impl EventRepair for FeedClient {
    async fn read(&self, after: u64, limit: usize) -> Result<Vec<PaymentEvent>, SourceError> {
        let mut batches = self.subscribe(after).await?;
        let mut events = Vec::new();
        while events.len() < limit {
            // Nothing comes after the last committed event: the feed would wait for more.
            let batch = match tokio::time::timeout(ANSWER_WITHIN, batches.message()).await {
                Ok(Ok(Some(batch))) => batch,
                Ok(Ok(None)) | Err(_) => break,
                Ok(Err(status)) => return Err(SourceError(status.message().to_owned())),
            };
            let committed = batch.committed_position;
            // The first one only says how far the Bank is.
            if batch.events.is_empty() && committed > after {
                continue;
            }
            for message in batch.events {
                let position = message.position;
                let event = event_from_message(message)
                    .map_err(|error| SourceError(format!("position {position}: {error}")))?;
                events.push(event);
            }
            if events.last().is_none_or(|last| last.position >= committed) {
                break;
            }
        }
        events.truncate(limit);
        Ok(events)
    }

    async fn committed_position(&self, known: u64) -> Result<u64, SourceError> {
        let mut batches = self.subscribe(known).await?;
        match tokio::time::timeout(ANSWER_WITHIN, batches.message()).await {
            Ok(Ok(Some(batch))) => Ok(batch.committed_position),
            Ok(Ok(None)) => Err(SourceError("the bank ended the feed".to_owned())),
            Ok(Err(status)) => Err(SourceError(status.message().to_owned())),
            Err(_) => Err(SourceError("the bank did not answer in time".to_owned())),
        }
    }
}
