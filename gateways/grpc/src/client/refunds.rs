//! The shop's client of the Bank's event feed: only its own refunds.

use async_trait::async_trait;
use bancada_checkout::order::{Charge, Refund};
use bancada_checkout::ports::{
    Reached, RefundBatch, RefundSource, RefundSourceError, RefundStream,
};
use bancada_extrato::ports::SourceError;
use bancada_kernel::{EventHash, EventKind, MerchantId, Money, OrderId, PaymentEvent, Shard};
use bancada_proto::bank::v1;
use futures_util::future::select_all;
use tonic::Streaming;

use super::feed::{FeedClient, failure};
use crate::message::event::event_from_message;

#[async_trait]
impl RefundSource for FeedClient {
    async fn open(
        &self,
        merchant: &MerchantId,
        after: &[Reached],
    ) -> Result<Box<dyn RefundStream>, RefundSourceError> {
        let mut shards = Vec::new();
        for shard in self.shards().await.map_err(told)?.shards() {
            let known = after.iter().find(|it| Shard::of_position(it.position) == shard);
            let request = v1::SubscribeRequest {
                after_position: known.map_or(shard.position(0), |reached| reached.position),
                after_event: known.and_then(|it| it.event).map_or(0, EventHash::get),
                merchant_id: merchant.to_string(),
                types: vec![EventKind::PaymentRefunded.word().to_owned()],
            };
            shards.push(self.subscribe_as(request).await.map_err(told)?);
        }
        Ok(Box::new(Refunds { merchant: merchant.clone(), shards }))
    }
}

/// What was said of a source is said of the Bank here.
fn told(error: SourceError) -> RefundSourceError {
    match error {
        SourceError::Away(text) => RefundSourceError::Away(text),
        SourceError::OtherPast(text) => RefundSourceError::OtherPast(text),
    }
}

/// Every shard of the Bank.
struct Refunds {
    merchant: MerchantId,
    shards: Vec<Streaming<v1::EventBatch>>,
}

#[async_trait]
impl RefundStream for Refunds {
    async fn next(&mut self) -> Result<RefundBatch, RefundSourceError> {
        let messages = self.shards.iter_mut().map(|shard| Box::pin(shard.message()));
        // Whichever has something; the others keep what they have.
        let (message, ..) = select_all(messages).await;
        match message {
            Ok(Some(batch)) => read(&self.merchant, batch),
            Ok(None) => Err(RefundSourceError::Away("the bank ended the feed".to_owned())),
            Err(status) => Err(told(failure(&status))),
        }
    }
}

/// A Bank of an earlier version tells all of its events, and not how far it has read.
fn read(merchant: &MerchantId, batch: v1::EventBatch) -> Result<RefundBatch, RefundSourceError> {
    let last = batch.events.last().map(|event| (event.position, event.hash));
    let told_place = (batch.read_position, batch.read_event);
    let place = Some(told_place).filter(|(position, _)| *position != 0).or(last);
    let reached = place.map(|(position, event)| Reached { position, event: EventHash::new(event) });
    let mut refunds = Vec::new();
    for message in batch.events {
        if message.r#type != EventKind::PaymentRefunded.word()
            || message.merchant_id != merchant.as_str()
        {
            continue;
        }
        let position = message.position;
        let event = event_from_message(message).map_err(|error| {
            RefundSourceError::Away(format!("position {position} cannot be read: {error}"))
        })?;
        refunds.extend(refund(event));
    }
    Ok(RefundBatch { refunds, reached })
}

/// What an event says of an order of the shop's: its orders have UUIDs, and what somebody else
/// calls otherwise in its name is none of them.
fn refund(event: PaymentEvent) -> Option<Refund> {
    let order = OrderId::parse(&event.order_id).ok()?;
    let payment = event.payment?;
    let charge = Charge {
        payment: event.transaction_id,
        card_token: event.card.map(|card| card.token),
        amount: Money { minor: payment.amount_minor, ..event.amount },
        refunded_minor: payment.refunded_minor,
    };
    Some(Refund { order, charge })
}
