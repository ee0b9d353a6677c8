//! The actor that delivers the Bank's events to the topic.

use std::sync::Arc;

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, AsyncContext as _, Context as ActorContext, Handler, Message, Supervised};
use async_trait::async_trait;
use bancada_bank::ports::{EventPublisher, PublishError};
use bancada_kernel::PaymentEvent;
use bancada_supervision::{ExitContext as _, Link, SupervisedActor};
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use tokio::sync::oneshot;

use crate::context::Context;
use crate::encode::{event_to_value, headers, key};
use crate::topic::Topic;

type Client = FutureProducer<Context>;

/// The actor. It owns the connection; after a failure that the connection does not survive it
/// begins again with a new one, and what was not acknowledged is delivered again.
pub struct Producer {
    topic: Topic,
    client: Option<Client>,
    is_topic_there: bool,
}

impl Producer {
    /// A producer that connects when it has something to deliver.
    pub fn new(topic: Topic) -> Producer {
        Producer { topic, client: None, is_topic_there: false }
    }

    fn connect(&self) -> Result<Client, KafkaError> {
        self.topic
            .client_config()
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
            .set("message.timeout.ms", "0")
            .create_with_context(Context::new("producer"))
    }
}

/// Deliver these, in order.
#[derive(Message)]
#[rtype(result = "()")]
struct Publish {
    events: Vec<Arc<PaymentEvent>>,
    published: oneshot::Sender<Result<(), KafkaError>>,
}

impl Actor for Producer {
    type Context = ActorContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        match self.connect() {
            Ok(client) => self.client = Some(client),
            Err(error) => ctx.fail(format!("the kafka producer cannot be made: {error}")),
        }
    }
}

impl Handler<Publish> for Producer {
    type Result = ();

    fn handle(&mut self, Publish { events, published }: Publish, ctx: &mut Self::Context) {
        // Without a client the sender is dropped: whoever waits tries again.
        let Some(client) = self.client.clone() else { return };
        let (topic, is_topic_there) = (self.topic.clone(), self.is_topic_there);
        let publishing = wrap_future::<_, Self>(async move {
            if !is_topic_there {
                topic.ensure().await?;
            }
            deliver(&client, topic.name(), &events).await
        });
        ctx.spawn(publishing.map(|result, actor, ctx| {
            // After an error the topic is looked at again: somebody may have deleted it.
            actor.is_topic_there = result.is_ok();
            let fatal = actor.client.as_ref().and_then(|client| client.client().fatal_error());
            if let Some((code, why)) = fatal {
                ctx.fail(format!("the kafka producer cannot go on: {code}: {why}"));
            }
            // Nobody waits any more when the outbox was restarted.
            let _ = published.send(result);
        }));
    }
}

impl Supervised for Producer {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.client = None;
        self.is_topic_there = false;
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
            .headers(headers(event))
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
