//! `bank.v1.EventFeed`.

use std::pin::Pin;
use std::time::Duration;

use bancada_bank::{BankHandle, FeedReader};
use bancada_proto::bank::v1;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::sleep;
use tonic::{Request, Response, Status};

use crate::message::event::event_to_message;

/// How often a bank that is loading is looked at again.
const LOADED_EVERY: Duration = Duration::from_millis(50);

pub(crate) struct FeedApi {
    pub(crate) bank: BankHandle,
    /// Becomes true when the server stops: an endless stream would keep it from ending.
    pub(crate) stopping: watch::Receiver<bool>,
}

type Batches = Pin<Box<dyn Stream<Item = Result<v1::EventBatch, Status>> + Send>>;

#[tonic::async_trait]
impl v1::event_feed_server::EventFeed for FeedApi {
    type SubscribeStream = Batches;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Batches>, Status> {
        let after = request.into_inner().after_position;
        if is_loaded(&self.bank) {
            refuse_beyond(&self.bank, after)?;
        }
        let place = Place {
            bank: self.bank.clone(),
            reader: self.bank.feed().subscribe(after),
            stopping: self.stopping.clone(),
            greets_after: Some(after),
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
    reader: FeedReader,
    stopping: watch::Receiver<bool>,
    /// Where it began, until it was told how far the Bank is.
    greets_after: Option<u64>,
}

impl Place {
    async fn next(&mut self) -> Option<Result<v1::EventBatch, Status>> {
        let greets_after = self.greets_after.take();
        let batch = async {
            match greets_after {
                Some(after) => greeting(&self.bank, after).await,
                None => next_batch(&mut self.reader).await,
            }
        };
        tokio::select! {
            batch = batch => Some(batch),
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
        }
    }
}

/// How far the Bank is, once it knows that itself.
async fn greeting(bank: &BankHandle, after: u64) -> Result<v1::EventBatch, Status> {
    while !is_loaded(bank) {
        sleep(LOADED_EVERY).await;
    }
    refuse_beyond(bank, after)?;
    let committed_position = bank.feed().committed_position();
    Ok(v1::EventBatch { events: Vec::new(), committed_position })
}

/// Whether the last position is known. A full disk is known to be full only after a load.
fn is_loaded(bank: &BankHandle) -> bool {
    bank.feed().committed_position() > 0 || bank.is_full() || bank.readiness().is_ok()
}

/// A reader that is ahead has followed another journal: it must know, not wait for ever.
fn refuse_beyond(bank: &BankHandle, after: u64) -> Result<(), Status> {
    let committed = bank.feed().committed_position();
    if after > committed {
        let text = format!("position {after} is beyond the last one, {committed}");
        return Err(Status::out_of_range(text));
    }
    Ok(())
}

async fn next_batch(reader: &mut FeedReader) -> Result<v1::EventBatch, Status> {
    let batch = reader.next_batch().await;
    let batch = batch.map_err(|error| Status::unavailable(error.to_string()))?;
    let events = batch.events.iter().map(|event| event_to_message(event)).collect();
    Ok(v1::EventBatch { events, committed_position: batch.committed_position })
}
