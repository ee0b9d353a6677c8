//! `bank.v1.EventFeed`.

use std::pin::Pin;
use std::time::Duration;

use bancada_bank::proof::{OtherPast, is_followed};
use bancada_bank::{BankHandle, Feed, FeedReader};
use bancada_kernel::{EventHash, EventKind, PaymentEvent, Shard};
use bancada_proto::bank::v1;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tonic::{Code, Request, Response, Status};

use super::limits::{Place as Taken, Places};
use crate::message::event::event_to_message;
use crate::status::{self, reason};

/// How often a bank that is loading is looked at again.
const LOADED_EVERY: Duration = Duration::from_millis(50);
/// How often a follower hears that nothing has happened.
const BEAT_EVERY: Duration = Duration::from_secs(5);

pub(crate) struct FeedApi {
    pub(crate) bank: BankHandle,
    /// Becomes true when the server stops: an endless stream would keep it from ending.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) places: Places,
}

type Batches = Pin<Box<dyn Stream<Item = Result<v1::EventBatch, Status>> + Send>>;

#[tonic::async_trait]
impl v1::event_feed_server::EventFeed for FeedApi {
    type SubscribeStream = Batches;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Batches>, Status> {
        let taken = self.places.take_feed(request.extensions())?;
        let request = request.into_inner();
        let wanted = Wanted::of(&request);
        let (after, event) = (request.after_position, EventHash::new(request.after_event));
        let feed = self.bank.feed_of(Shard::of_position(after));
        let feed = feed.ok_or_else(|| {
            let end = self.bank.feed().committed_position();
            other_past(OtherPast::Beyond { position: after, end })
        })?;
        let feed = feed.clone();
        if is_loaded(&self.bank, &feed) {
            prove(&feed, after, event).await?;
        }
        let place = Place {
            bank: self.bank.clone(),
            reader: feed.subscribe(after),
            feed,
            wanted,
            stopping: self.stopping.clone(),
            greets_after: Some((after, event)),
            _taken: taken,
        };
        Ok(Response::new(Box::pin(unfold(place, |mut place| async move {
            let batch = place.next().await?;
            Some((batch, place))
        }))))
    }
}

/// Where one reader is.
struct Place {
    bank: BankHandle,
    feed: Feed,
    reader: FeedReader,
    wanted: Wanted,
    stopping: watch::Receiver<bool>,
    /// Where it began and what it had read there, until it was told how far the Bank is.
    greets_after: Option<(u64, Option<EventHash>)>,
    _taken: Taken,
}

impl Place {
    async fn next(&mut self) -> Option<Result<v1::EventBatch, Status>> {
        let greets_after = self.greets_after.take();
        let batch = async {
            match greets_after {
                Some((after, event)) => greeting(&self.bank, &self.feed, after, event).await,
                None => next_batch(&self.feed, &mut self.reader, &self.wanted).await,
            }
        };
        tokio::select! {
            batch = batch => Some(batch),
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
        }
    }
}

/// How far the Bank is, once it knows that itself.
async fn greeting(
    bank: &BankHandle,
    feed: &Feed,
    after: u64,
    event: Option<EventHash>,
) -> Result<v1::EventBatch, Status> {
    while !is_loaded(bank, feed) {
        sleep(LOADED_EVERY).await;
    }
    prove(feed, after, event).await?;
    Ok(v1::EventBatch {
        events: Vec::new(),
        committed_position: feed.committed_position(),
        n_shards: bank.shards().get().into(),
        ..v1::EventBatch::default()
    })
}

/// Whether the last position is known. A full disk is known to be full only after a load.
fn is_loaded(bank: &BankHandle, feed: &Feed) -> bool {
    feed.n_committed() > 0 || bank.is_full() || bank.readiness().is_ok()
}

/// A reader that is ahead, or that has read another event there, has followed another journal: it
/// must know, and get nothing of this one.
async fn prove(feed: &Feed, after: u64, event: Option<EventHash>) -> Result<(), Status> {
    let found = match event {
        Some(_) => {
            feed.hash_at(after).await.map_err(|error| Status::unavailable(error.to_string()))?
        }
        None => None,
    };
    is_followed((feed.committed_position(), found), (after, event)).map_err(other_past)
}

fn other_past(why: OtherPast) -> Status {
    let (code, reason) = match why {
        OtherPast::Beyond { .. } => (Code::OutOfRange, reason::BEYOND_JOURNAL),
        OtherPast::Another { .. } => (Code::FailedPrecondition, reason::OTHER_PAST),
    };
    status::info(code, reason, why.to_string())
}

/// An empty batch where nothing happens for a while: a follower that hears nothing cannot tell a
/// Bank without news from one that is not there.
async fn next_batch(
    feed: &Feed,
    reader: &mut FeedReader,
    wanted: &Wanted,
) -> Result<v1::EventBatch, Status> {
    let beat_at = Instant::now() + BEAT_EVERY;
    let (mut events, mut last) = (Vec::new(), None);
    while events.is_empty() && Instant::now() < beat_at {
        let Ok(batch) = timeout_at(beat_at, reader.next_batch()).await else { break };
        let batch = batch.map_err(|error| Status::unavailable(error.to_string()))?;
        let asked_for = batch.events.iter().filter(|event| wanted.has(event));
        events.extend(asked_for.map(|event| event_to_message(event)));
        last = batch.events.last().cloned();
    }
    let last = last.filter(|_| wanted.is_a_part());
    Ok(v1::EventBatch {
        events,
        committed_position: feed.committed_position(),
        n_shards: 0,
        read_position: last.as_ref().map_or(0, |event| event.position),
        read_event: last.map_or(0, |event| event.hash().get()),
    })
}

/// Which events a follower asked for.
struct Wanted {
    merchant_id: Option<String>,
    /// Empty for all. One that this Bank does not know is in no event.
    types: Vec<String>,
}

impl Wanted {
    fn of(request: &v1::SubscribeRequest) -> Wanted {
        let merchant_id = Some(request.merchant_id.clone()).filter(|id| !id.is_empty());
        Wanted { merchant_id, types: request.types.clone() }
    }

    fn is_a_part(&self) -> bool {
        self.merchant_id.is_some() || !self.types.is_empty()
    }

    fn has(&self, event: &PaymentEvent) -> bool {
        let merchant = event.merchant_id.as_ref().map(|id| id.as_str());
        let is_kind = |kind: EventKind| self.types.iter().any(|word| word == kind.word());
        (self.merchant_id.is_none() || self.merchant_id.as_deref() == merchant)
            && (self.types.is_empty() || is_kind(event.kind))
    }
}
