//! The statement's client of the Bank's event feed: the embedded transport, and the source of
//! repairs for every transport.
//!
//! Each shard of the Bank is a partition, whose offsets are its positions.

use std::time::Duration;

use async_trait::async_trait;
use bancada_extrato::ports::{
    BankCard, EventReader, EventRepair, EventSource, EventStream, Offsets, Reached, SourceBatch,
    SourceError, SourcePosition, SourceRecord, Undecodable,
};
use bancada_kernel::{CardToken, EventHash, PaymentEvent, Shard, ShardCount};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use bancada_proto::bank::v1::event_feed_client::EventFeedClient;
use futures_util::future::select_all;
use prost::Message as _;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

use super::channels::{BankAddress, connect};
use crate::message::event::event_from_message;
use crate::status::{reason, reason_of};

/// A batch of the feed: 512 events of at most some kilobytes.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Cards on a page: as many as the Bank gives.
const CARDS: u32 = 1_000;
/// Connecting, and the first batch of a repair.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct FeedClient {
    channel: EventFeedClient<Channel>,
    cards: CardServiceClient<Channel>,
}

impl FeedClient {
    /// A client that connects when it is used; call it inside a tokio runtime.
    pub fn new(address: &BankAddress) -> FeedClient {
        let channel = connect(address);
        FeedClient {
            channel: EventFeedClient::new(channel.clone())
                .max_decoding_message_size(MAX_BATCH_BYTES),
            cards: CardServiceClient::new(channel),
        }
    }

    /// Every event after a position, and then what is committed from now on.
    pub async fn subscribe(
        &self,
        after_position: u64,
    ) -> Result<Streaming<v1::EventBatch>, SourceError> {
        self.subscribe_proven(Reached { position: after_position, event: None }).await
    }

    /// The same from a Bank that has what was read there.
    async fn subscribe_proven(
        &self,
        after: Reached,
    ) -> Result<Streaming<v1::EventBatch>, SourceError> {
        self.subscribe_as(v1::SubscribeRequest {
            after_position: after.position,
            after_event: after.event.map_or(0, EventHash::get),
            ..v1::SubscribeRequest::default()
        })
        .await
    }

    pub(super) async fn subscribe_as(
        &self,
        request: v1::SubscribeRequest,
    ) -> Result<Streaming<v1::EventBatch>, SourceError> {
        let mut channel = self.channel.clone();
        let opening = channel.subscribe(request);
        match tokio::time::timeout(ANSWER_WITHIN, opening).await {
            Ok(Ok(stream)) => Ok(stream.into_inner()),
            Ok(Err(status)) => Err(failure(&status)),
            Err(_) => Err(SourceError::Away("the bank did not answer in time".to_owned())),
        }
    }
}

/// What a status says of the Bank's past.
pub(super) fn failure(status: &Status) -> SourceError {
    let text = status.message().to_owned();
    match reason_of(status).as_deref() {
        Some(reason::OTHER_PAST | reason::BEYOND_JOURNAL) => SourceError::OtherPast(text),
        _ => SourceError::Away(text),
    }
}

/// One shard's events, from a place on.
struct Subscription {
    shard: Shard,
    batches: Streaming<v1::EventBatch>,
}

impl FeedClient {
    /// How many shards the Bank has.
    pub(super) async fn shards(&self) -> Result<ShardCount, SourceError> {
        let mut first = self.subscribe(0).await?;
        let greeting = first_batch(&mut first).await?;
        // A Bank of before there were shards says nothing.
        ShardCount::new(greeting.n_shards.max(1))
            .map_err(|error| SourceError::Away(error.to_string()))
    }
}

/// The batch with which a subscription begins: it only says how far the Bank is.
async fn first_batch(
    batches: &mut Streaming<v1::EventBatch>,
) -> Result<v1::EventBatch, SourceError> {
    match tokio::time::timeout(ANSWER_WITHIN, batches.message()).await {
        Ok(Ok(Some(batch))) => Ok(batch),
        Ok(Ok(None)) => Err(SourceError::Away("the bank ended the feed".to_owned())),
        Ok(Err(status)) => Err(failure(&status)),
        Err(_) => Err(SourceError::Away("the bank did not answer in time".to_owned())),
    }
}

#[async_trait]
impl EventSource for FeedClient {
    async fn open(
        &self,
        after: Offsets,
        reached: &[Reached],
    ) -> Result<Box<dyn EventStream>, SourceError> {
        let mut subscriptions = Vec::new();
        for shard in self.shards().await?.shards() {
            let known = after.0.get(&u32::from(shard.number())).copied();
            let position = known.unwrap_or_else(|| shard.position(0));
            let same = reached.iter().find(|reached| reached.position == position);
            let after = Reached { position, event: same.and_then(|reached| reached.event) };
            let batches = self.subscribe_proven(after).await?;
            subscriptions.push(Subscription { shard, batches });
        }
        Ok(Box::new(FeedStream { subscriptions }))
    }
}

/// Every shard of the Bank.
struct FeedStream {
    subscriptions: Vec<Subscription>,
}

#[async_trait]
impl EventStream for FeedStream {
    async fn next(&mut self) -> Result<SourceBatch, SourceError> {
        let messages = self.subscriptions.iter_mut().map(|Subscription { shard, batches }| {
            Box::pin(async move { (*shard, batches.message().await) })
        });
        // Whichever has something; the others keep what they have.
        let ((shard, message), ..) = select_all(messages).await;
        match message {
            Ok(Some(batch)) => Ok(SourceBatch {
                committed_position: Some(batch.committed_position),
                records: batch.events.into_iter().map(|event| record(shard, event)).collect(),
            }),
            Ok(None) => Err(SourceError::Away("the bank ended the feed".to_owned())),
            Err(status) => Err(failure(&status)),
        }
    }
}

fn record(shard: Shard, message: v1::PaymentEvent) -> SourceRecord {
    let partition = u32::from(shard.number());
    let at = Some(SourcePosition { partition, offset: message.position });
    let card = CardToken::parse(&message.card_token).ok();
    let raw = message.clone();
    let event = event_from_message(message).map_err(|error| Undecodable {
        card,
        raw: raw.encode_to_vec(),
        why: error.to_string(),
    });
    SourceRecord { at, event }
}

impl EventReader for FeedClient {
    fn read(&self, raw: &[u8]) -> Result<PaymentEvent, String> {
        let message = v1::PaymentEvent::decode(raw).map_err(|error| error.to_string())?;
        event_from_message(message).map_err(|error| error.to_string())
    }
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
                Ok(Err(status)) => return Err(SourceError::Away(status.message().to_owned())),
            };
            let committed = batch.committed_position;
            // The first one only says how far the Bank is.
            if batch.events.is_empty() && committed > after {
                continue;
            }
            for message in batch.events {
                let position = message.position;
                let event = event_from_message(message)
                    .map_err(|error| SourceError::Away(format!("position {position}: {error}")))?;
                events.push(event);
            }
            if events.last().is_none_or(|last| last.position >= committed) {
                break;
            }
        }
        events.truncate(limit);
        Ok(events)
    }

    async fn prove(&self, reached: &[Reached]) -> Result<(), SourceError> {
        for reached in reached {
            first_batch(&mut self.subscribe_proven(*reached).await?).await?;
        }
        Ok(())
    }

    async fn beginnings(&self) -> Result<Vec<u64>, SourceError> {
        Ok(self.shards().await?.shards().map(|shard| shard.position(0)).collect())
    }

    async fn committed_positions(&self) -> Result<Vec<u64>, SourceError> {
        let mut positions = Vec::new();
        for beginning in self.beginnings().await? {
            let mut batches = self.subscribe(beginning).await?;
            positions.push(first_batch(&mut batches).await?.committed_position);
        }
        Ok(positions)
    }

    async fn cards(&self, after: Option<&CardToken>) -> Result<Vec<BankCard>, SourceError> {
        let mut client = self.cards.clone();
        let page_token = after.map(ToString::to_string).unwrap_or_default();
        let request = v1::ListCardsRequest { page_size: CARDS, page_token };
        let page = match tokio::time::timeout(ANSWER_WITHIN, client.list_cards(request)).await {
            Ok(Ok(page)) => page.into_inner(),
            Ok(Err(status)) => return Err(SourceError::Away(status.message().to_owned())),
            Err(_) => return Err(SourceError::Away("the bank did not answer in time".to_owned())),
        };
        let card = |card: v1::CardAccount| match CardToken::parse(&card.card_token) {
            Ok(token) => Ok(BankCard { token, sequence: card.sequence }),
            Err(error) => Err(SourceError::Away(format!("a card's token cannot be read: {error}"))),
        };
        page.cards.into_iter().map(card).collect()
    }
}
