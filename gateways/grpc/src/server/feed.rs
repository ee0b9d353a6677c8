//! `bank.v1.EventFeed`.

use std::pin::Pin;

use bancada_bank::{BankHandle, FeedReader};
use bancada_proto::bank::v1;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::message::event::event_to_message;

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
        let feed = self.bank.feed();
        // A reader that is ahead has followed another journal: it must know, not wait for ever.
        let committed = feed.committed_position();
        if after > committed && self.bank.readiness().is_ok() {
            let text = format!("position {after} is beyond the last one, {committed}");
            return Err(Status::out_of_range(text));
        }
        let state = (feed.subscribe(after), self.stopping.clone());
        Ok(Response::new(Box::pin(unfold(state, |(mut reader, mut stopping)| async move {
            let batch = tokio::select! {
                batch = next(&mut reader) => batch,
                _ = stopping.wait_for(|stopping| *stopping) => return None,
            };
            Some((batch, (reader, stopping)))
        }))))
    }
}

async fn next(reader: &mut FeedReader) -> Result<v1::EventBatch, Status> {
    let batch = reader.next_batch().await;
    let batch = batch.map_err(|error| Status::unavailable(error.to_string()))?;
    let events = batch.events.iter().map(|event| event_to_message(event)).collect();
    Ok(v1::EventBatch { events, committed_position: batch.committed_position })
}
