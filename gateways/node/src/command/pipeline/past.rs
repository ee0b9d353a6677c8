//! What is made anew of the Bank's past: an index, a topic.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bancada_extrato::ports::EventRepair as _;
use bancada_grpc::client::{BankAddress, FeedClient};
use bancada_grpc::event_from_message;
use bancada_kafka::{Republisher, Topic};
use bancada_kernel::{PaymentEvent, Shard};
use bancada_pipeline::Refill;
use bancada_telemetry::console;

use crate::arguments::{RefillOptions, RepublishOptions};
use crate::exit::Exit;

/// The feed sends at once what is there.
const BATCH_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(super) async fn refill(options: &RefillOptions) -> anyhow::Result<Exit> {
    let mut refill = Refill::begin(&options.elasticsearch, ANSWER_WITHIN).await?;
    let n_events =
        read(&options.bank.bank, async |events| Ok(refill.write(&events).await?)).await?;
    let n_written = refill.n_written;
    console::say(format_args!("{n_events} events read, {n_written} documents written"));
    Ok(Exit::Well)
}

pub(super) async fn republish(options: &RepublishOptions) -> anyhow::Result<Exit> {
    let topic = Topic::named(options.kafka.clone(), &options.topic);
    let republisher = Republisher::new(topic);
    let deliver = async |events: Vec<PaymentEvent>| {
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        Ok(republisher.deliver(&events).await?)
    };
    let n_events = read(&options.bank.bank, deliver).await?;
    let topic = &options.topic;
    console::say(format_args!("{n_events} events written to the topic {topic}"));
    Ok(Exit::Well)
}

/// Hands over all that the Bank has committed until now, in order; how many events it were.
async fn read(
    bank: &str,
    mut take: impl AsyncFnMut(Vec<PaymentEvent>) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let feed = FeedClient::new(&BankAddress::parse(bank)?);
    let mut n_events = 0;
    for beginning in feed.beginnings().await.context("the bank cannot be read")? {
        let ends = feed.committed_positions().await?;
        let of_shard = |it: &u64| Shard::of_position(*it) == Shard::of_position(beginning);
        let end = ends.into_iter().find(of_shard).unwrap_or(beginning);
        let mut batches = feed.subscribe(beginning).await?;
        let mut read = beginning;
        while read < end {
            let batch = tokio::time::timeout(BATCH_WITHIN, batches.message()).await;
            let batch = batch.context("the bank sent no events in time")?;
            let batch = batch.map_err(|status| anyhow::anyhow!(status.message().to_owned()))?;
            let batch = batch.context("the bank ended the feed")?;
            let events = batch.events.into_iter().filter(|event| event.position <= end);
            let events = events.map(event_from_message).collect::<Result<Vec<_>, _>>()?;
            n_events += events.len() as u64;
            read = events.last().map_or(read, |event| event.position);
            take(events).await?;
        }
    }
    Ok(n_events)
}
