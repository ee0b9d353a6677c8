//! The actor that delivers the Bank's events to the topic.

use std::sync::Arc;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, AsyncContext as _, Context as ActorContext, Handler, Message, Supervised};
use async_trait::async_trait;
use bancada_bank::ports::{EventPublisher, PublishError};
use bancada_event_record::{event_to_value, headers, key};
use bancada_kernel::PaymentEvent;
use bancada_supervision::{Link, SupervisedActor};
use bancada_telemetry::Metrics;
use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::FutureRecord;
use tokio::sync::oneshot;

use crate::connection::{Client, Connection};
use crate::topic::{Topic, TopicError};

/// The actor. It owns the connection; after a failure it begins again with a new one, and what was
/// not acknowledged is delivered again.
pub struct Producer {
    topic: Topic,
    connection: Connection,
}

impl Producer {
    /// A producer that connects when it has something to deliver.
    pub fn new(topic: Topic, metrics: &Metrics) -> Producer {
        Producer { topic, connection: Connection::new("producer", metrics) }
    }
}

fn config(topic: &Topic) -> ClientConfig {
    let mut config = topic.client_config();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("compression.type", "lz4")
        // Where Java's producers put a key as well.
        .set("partitioner", "murmur2_random")
        // The outbox hands over what has gathered, so there is little to wait for.
        .set("linger.ms", "2")
        // A topic that is gone is made anew, so it is not waited for.
        .set("topic.metadata.propagation.max.ms", "2000")
        // For ever: an event that is given up is passed by the next one of its card.
        .set("message.timeout.ms", "0");
    config
}

/// Deliver these, in order.
#[derive(Message)]
#[rtype(result = "()")]
struct Publish {
    events: Vec<Arc<PaymentEvent>>,
    published: oneshot::Sender<Result<(), TopicError>>,
}

impl Actor for Producer {
    type Context = ActorContext<Self>;
}

impl Handler<Publish> for Producer {
    type Result = ();

    fn handle(&mut self, Publish { events, published }: Publish, ctx: &mut Self::Context) {
        let (topic, connection) = (self.topic.clone(), self.connection.clone());
        let publishing = wrap_future::<_, Self>(async move {
            let deliver = async |client: &Client| deliver(client, topic.name(), &events).await;
            let result = connection.produce(&topic, config(&topic), deliver).await;
            (connection, result)
        });
        ctx.spawn(publishing.map(|(used, result), actor, _| {
            if result.is_err() {
                actor.connection.replace(used);
            }
            // Nobody waits any more when the outbox was restarted.
            let _ = published.send(result);
        }));
    }
}

impl Supervised for Producer {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.connection.begin_anew();
    }
}

impl SupervisedActor for Producer {}

/// Hands over everything at once and waits for every acknowledgement.
async fn deliver(
    client: &Client,
    topic: &str,
    events: &[Arc<PaymentEvent>],
) -> Result<(), KafkaError> {
    let mut deliveries = Vec::with_capacity(events.len());
    for event in events {
        let value = event_to_value(event);
        let mut record = FutureRecord::to(topic)
            .payload(&value)
            .headers(kafka_headers(event))
            .timestamp(event.occurred_at.0);
        if let Some(key) = key(event) {
            record = record.key(key);
        }
        deliveries.push(client.send_result(record).map_err(|(error, _)| error)?);
    }
    for delivery in deliveries {
        match delivery.await {
            Ok(Ok(_)) => {}
            Ok(Err((error, _))) => return Err(error),
            Err(_) => return Err(KafkaError::Canceled),
        }
    }
    Ok(())
}

/// Writes events of the Bank to a topic for somebody who has no actors. What cannot be written is
/// waited for as long as a broker can be reached.
pub struct Republisher {
    topic: Topic,
    connection: Connection,
}

impl Republisher {
    /// Makes the topic where it does not exist, with the first events.
    pub fn new(topic: Topic) -> Republisher {
        Republisher { topic, connection: Connection::new("republisher", &Metrics::new()) }
    }

    /// Writes these, in order, and waits until they are acknowledged.
    ///
    /// # Errors
    /// When the topic is not what it has to be, or no broker can be reached.
    pub async fn deliver(&self, events: &[Arc<PaymentEvent>]) -> Result<(), TopicError> {
        let work = async |client: &Client| deliver(client, self.topic.name(), events).await;
        self.connection.produce(&self.topic, config(&self.topic), work).await
    }
}

/// The Bank's port to the producer.
#[derive(Clone, Debug)]
pub struct KafkaPublisher {
    producer: Link<Producer>,
}

impl KafkaPublisher {
    /// Delivers through the producer that this link leads to.
    pub fn new(producer: &Link<Producer>) -> KafkaPublisher {
        KafkaPublisher { producer: producer.clone() }
    }
}

#[async_trait]
impl EventPublisher for KafkaPublisher {
    async fn publish(&self, events: &[Arc<PaymentEvent>]) -> Result<(), PublishError> {
        let away = || PublishError("the producer is being restarted".to_owned());
        let (published, answer) = oneshot::channel();
        let message = Publish { events: events.to_vec(), published };
        let sent = self.producer.with(|producer| producer.send(message)).ok_or_else(away)?;
        sent.await.map_err(|_| away())?;
        let result = answer.await.map_err(|_| away())?;
        result.map_err(|error| PublishError(error.to_string()))
    }
}

fn kafka_headers(event: &PaymentEvent) -> OwnedHeaders {
    let headers = headers(event);
    let begun = OwnedHeaders::new_with_capacity(headers.len());
    headers.iter().fold(begun, |all, (key, value)| all.insert(Header { key, value: Some(value) }))
}
