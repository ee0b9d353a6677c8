//! The actor that writes payments of bills for the statement.

use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context as ActorContext, Handler, Message, Supervised};
use async_trait::async_trait;
use bancada_extrato::ports::{BillSendError, BillSender};
use bancada_extrato::statement::BillPayment;
use bancada_supervision::{ExitContext as _, Link, SupervisedActor};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use tokio::sync::oneshot;

use super::record::{headers, value};
use crate::context::Context;
use crate::topic::Topic;

/// A payment that is not acknowledged by then is sent again, which is safe.
const GIVE_UP_AFTER: &str = "5000";

type Client = FutureProducer<Context>;

/// The actor. It owns the connection.
pub struct BillProducer {
    topic: Topic,
    client: Option<Client>,
}

impl BillProducer {
    /// A producer that connects when it has something to write.
    pub fn new(topic: Topic) -> BillProducer {
        BillProducer { topic, client: None }
    }
}

/// Write this.
#[derive(Message)]
#[rtype(result = "()")]
struct Write {
    payment: BillPayment,
    written: oneshot::Sender<Result<(), BillSendError>>,
}

impl Actor for BillProducer {
    type Context = ActorContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let client = self
            .topic
            .client_config()
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", GIVE_UP_AFTER)
            .create_with_context(Context::new("bills"));
        match client {
            Ok(client) => self.client = Some(client),
            Err(error) => ctx.fail(format!("the producer of bills cannot be made: {error}")),
        }
    }
}

impl Handler<Write> for BillProducer {
    type Result = ();

    fn handle(&mut self, Write { payment, written }: Write, ctx: &mut Self::Context) {
        // Without a client the sender is dropped: whoever waits tries again.
        let Some(client) = self.client.clone() else { return };
        let topic = self.topic.clone();
        ctx.spawn(wrap_future::<_, Self>(async move {
            // Nobody waits any more when the payer was restarted.
            let _ = written.send(write(&client, &topic, &payment).await);
        }));
    }
}

async fn write(client: &Client, topic: &Topic, payment: &BillPayment) -> Result<(), BillSendError> {
    topic.ensure().await.map_err(|error| BillSendError(error.to_string()))?;
    let value = value(payment);
    let record = FutureRecord::to(topic.name())
        .key(payment.token.as_str())
        .payload(&value)
        .headers(headers(payment))
        .timestamp(payment.asked_at.0);
    // No wait for room in the queue: few are ever in it.
    let sent = client.send(record, Timeout::After(Duration::ZERO)).await;
    sent.map(drop).map_err(|(error, _)| BillSendError(error.to_string()))
}

impl Supervised for BillProducer {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.client = None;
    }
}

impl SupervisedActor for BillProducer {}

/// The statement's port to the producer.
#[derive(Clone, Debug)]
pub struct KafkaBills {
    producer: Link<BillProducer>,
}

impl KafkaBills {
    /// Writes through the producer that this link leads to.
    pub fn new(producer: &Link<BillProducer>) -> KafkaBills {
        KafkaBills { producer: producer.clone() }
    }
}

#[async_trait]
impl BillSender for KafkaBills {
    async fn send(&self, payment: &BillPayment) -> Result<(), BillSendError> {
        let away = || BillSendError("the producer is being restarted".to_owned());
        let (written, answer) = oneshot::channel();
        let message = Write { payment: payment.clone(), written };
        let sent = self.producer.with(|producer| producer.send(message)).ok_or_else(away)?;
        sent.await.map_err(|_| away())?;
        answer.await.map_err(|_| away())?
    }
}
