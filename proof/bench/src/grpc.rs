//! Paying over gRPC: one call for each payment, or batches on streams.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bancada_grpc::client::{BankAddress, connect};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::authorize_outcome::Outcome;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use hdrhistogram::Histogram;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::Channel;

use crate::cards::Cards;
use crate::load::{Paid, Round, Target, fresh_key, histogram, record};

/// Items in one message, at most.
const MAX_BATCH: usize = 64;

/// One call for each payment.
#[derive(Clone)]
pub(crate) struct Unary {
    client: BankServiceClient<Channel>,
    cards: Cards,
}

/// Connections to a server.
pub(crate) fn channels(address: SocketAddr, n: usize) -> anyhow::Result<Vec<Channel>> {
    let address = BankAddress::parse(&format!("http://{address}"))?;
    Ok((0..n).map(|_| connect(&address)).collect())
}

impl Unary {
    pub(crate) fn targets(channels: &[Channel], cards: &Cards) -> Vec<Unary> {
        let client = |channel: &Channel| BankServiceClient::new(channel.clone());
        channels.iter().map(|it| Unary { client: client(it), cards: cards.clone() }).collect()
    }
}

impl Target for Unary {
    async fn pay(&mut self, key: String) -> anyhow::Result<Paid> {
        match self.client.authorize(self.cards.request(key)).await {
            Ok(answer) => approved(answer.get_ref()),
            Err(status) if status.code() == Code::ResourceExhausted => Ok(Paid::Overloaded),
            Err(status) => Err(status.into()),
        }
    }
}

fn approved(answer: &v1::AuthorizeResponse) -> anyhow::Result<Paid> {
    let payment = answer.payment.as_ref().context("an answer without a payment")?;
    anyhow::ensure!(payment.decline.is_none(), "a payment of the benchmark was declined");
    Ok(Paid::Approved)
}

/// A closed loop on streams: `in_flight` payments in progress on each channel; whatever an answer
/// message brings is asked for anew in one batch.
pub(crate) async fn stream(
    channels: &[Channel],
    cards: &Cards,
    in_flight: usize,
    duration: Duration,
) -> anyhow::Result<Round> {
    let started = Instant::now();
    let streams: Vec<_> = channels
        .iter()
        .map(|channel| {
            let client = BankServiceClient::new(channel.clone());
            tokio::spawn(converse(client, cards.clone(), in_flight, started + duration))
        })
        .collect();
    let mut latency = histogram();
    for stream in streams {
        latency.add(stream.await??)?;
    }
    Ok(Round::of(latency, 0, started.elapsed()))
}

async fn converse(
    mut client: BankServiceClient<Channel>,
    cards: Cards,
    in_flight: usize,
    end: Instant,
) -> anyhow::Result<Histogram<u64>> {
    let (batches, outgoing) = mpsc::channel(in_flight.div_ceil(MAX_BATCH));
    let mut outcomes = client.authorize_stream(ReceiverStream::new(outgoing)).await?.into_inner();
    let mut latency = histogram();
    let (mut sent, mut next) = (HashMap::with_capacity(in_flight), 0_u64);
    let mut n_to_send = in_flight;
    loop {
        while n_to_send > 0 {
            let n_items = n_to_send.min(MAX_BATCH);
            n_to_send -= n_items;
            let now = Instant::now();
            let items = (0..n_items).map(|_| {
                next += 1;
                sent.insert(next, now);
                v1::AuthorizeItem {
                    id: next,
                    request: Some(cards.request(fresh_key())),
                    traceparent: String::new(),
                    timeout_ms: 0,
                }
            });
            let batch = v1::AuthorizeBatch { items: items.collect() };
            batches.send(batch).await.context("the stream broke")?;
        }
        if sent.is_empty() {
            return Ok(latency);
        }
        let message = outcomes.message().await?.context("the stream ended")?;
        let is_over = Instant::now() >= end;
        for outcome in message.outcomes {
            let begun = sent.remove(&outcome.id).context("an answer to nothing")?;
            match outcome.outcome {
                Some(Outcome::Answer(answer)) => approved(&answer)?,
                other => anyhow::bail!("an item failed: {other:?}"),
            };
            record(&mut latency, begun.elapsed());
            n_to_send += usize::from(!is_over);
        }
    }
}

/// Issues the cards that pay; limits are out of reach.
pub(crate) async fn issue(channel: &Channel, cards: &Cards) -> anyhow::Result<()> {
    let mut client = CardServiceClient::new(channel.clone());
    for request in cards.issue_requests() {
        client.issue_card(request).await.context("a card cannot be issued")?;
    }
    Ok(())
}
