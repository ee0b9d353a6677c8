//! The actor that writes single records, for those who have few.

use std::time::Duration;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, AsyncContext as _, Context, Handler, Message, Supervised};
use bancada_supervision::{Link, SupervisedActor};
use bancada_telemetry::Metrics;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::FutureRecord;
use rdkafka::util::Timeout;
use tokio::sync::oneshot;

use crate::connection::{Client, Connection};
use crate::topic::{Topic, TopicError};

/// A record that is not acknowledged by then is given up: whoever has it writes it again.
const GIVE_UP_AFTER: &str = "5000";

/// The actor. It owns the connection; after a failure it begins again with a new one.
pub struct RecordWriter {
    topic: Topic,
    connection: Connection,
}

impl RecordWriter {
    /// Connects when it has something to write. `client` is its name in logs and metrics.
    pub fn new(topic: Topic, client: &'static str, metrics: &Metrics) -> RecordWriter {
        RecordWriter { topic, connection: Connection::new(client, metrics) }
    }
}

/// What is to be written.
pub(crate) struct Record {
    pub(crate) key: Option<String>,
    pub(crate) value: Vec<u8>,
    pub(crate) headers: OwnedHeaders,
    /// Milliseconds; the broker's clock where there is none.
    pub(crate) timestamp: Option<i64>,
}

/// Why a record was not written, as far as anybody knows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("the producer is being restarted")]
    Restarting,
    #[error(transparent)]
    Topic(#[from] TopicError),
}

/// Write this.
#[derive(Message)]
#[rtype(result = "()")]
struct Write {
    record: Record,
    written: oneshot::Sender<Result<(), TopicError>>,
}

impl Actor for RecordWriter {
    type Context = Context<Self>;
}

impl Handler<Write> for RecordWriter {
    type Result = ();

    fn handle(&mut self, Write { record, written }: Write, ctx: &mut Self::Context) {
        let (topic, connection) = (self.topic.clone(), self.connection.clone());
        let writing = wrap_future::<_, Self>(async move {
            let write = async |client: &Client| write(client, topic.name(), &record).await;
            let result = connection.produce(&topic, config(&topic), write).await;
            (connection, result)
        });
        ctx.spawn(writing.map(|(used, result), actor, _| {
            if result.is_err() {
                actor.connection.replace(used);
            }
            // Nobody waits any more when whoever asked was restarted.
            let _ = written.send(result);
        }));
    }
}

fn config(topic: &Topic) -> ClientConfig {
    let mut config = topic.client_config();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        .set("message.timeout.ms", GIVE_UP_AFTER);
    config
}

async fn write(client: &Client, topic: &str, record: &Record) -> Result<(), KafkaError> {
    let mut sent = FutureRecord::to(topic).payload(&record.value).headers(record.headers.clone());
    if let Some(key) = &record.key {
        sent = sent.key(key);
    }
    if let Some(timestamp) = record.timestamp {
        sent = sent.timestamp(timestamp);
    }
    // No wait for room in the queue: few are ever in it.
    let sent = client.send(sent, Timeout::After(Duration::ZERO)).await;
    sent.map(drop).map_err(|(error, _)| error)
}

impl Supervised for RecordWriter {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.connection.begin_anew();
    }
}

impl SupervisedActor for RecordWriter {}

/// Writes through the actor that this link leads to.
pub(crate) async fn write_through(
    writer: &Link<RecordWriter>,
    record: Record,
) -> Result<(), WriteError> {
    let (written, answer) = oneshot::channel();
    let message = Write { record, written };
    let sent = writer.with(|writer| writer.send(message)).ok_or(WriteError::Restarting)?;
    sent.await.map_err(|_| WriteError::Restarting)?;
    Ok(answer.await.map_err(|_| WriteError::Restarting)??)
}
