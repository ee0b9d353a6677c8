//! The actor that reads payments of bills for the Bank, and the thread it owns.
//!
//! A record is let go only when the Bank's answer is durable, so that one may be read twice; the
//! Bank knows its key. What the Bank can never book is put aside on a topic of dead letters.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{
    Actor, ActorContext as _, AsyncContext as _, Context as ActorContext, Handler, Message,
    Supervised,
};
use bancada_bank::{BankError, BankHandle, BillRequest};
use bancada_event_record::Place;
use bancada_supervision::{ExitContext as _, Retry, SupervisedActor};
use bancada_telemetry::Metrics;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::producer::FutureRecord;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::util::Timeout;
use tokio::runtime::{Builder, Runtime};

use super::record::read;
use crate::connection::{Client, Connection};
use crate::context::Context;
use crate::dead_letters::headers;
use crate::set_aside::why;
use crate::statistics::{self, Counted};
use crate::thread::ReadingThread;
use crate::topic::{Topic, TopicError};

/// How long one look for records takes when there are none, and so how long stopping takes.
const POLL: Duration = Duration::from_millis(100);
/// Before the Bank, or a broker, is asked again.
const RETRY: Retry = Retry::between(Duration::from_millis(100), Duration::from_secs(5));
/// The Bank may be away for so long, and nobody else takes the records over meanwhile.
const MAX_PAUSE_MS: &str = "86400000";

/// The actor. It owns the thread; should it end, the actor fails and is started again.
pub struct BillConsumer {
    topic: Topic,
    dead_letters: Topic,
    bank: BankHandle,
    metrics: Metrics,
    reader: Option<ReadingThread>,
}

impl BillConsumer {
    /// A consumer that asks this Bank.
    pub fn new(
        topic: Topic,
        dead_letters: Topic,
        bank: BankHandle,
        metrics: &Metrics,
    ) -> BillConsumer {
        BillConsumer { topic, dead_letters, bank, metrics: metrics.clone(), reader: None }
    }
}

/// The thread ended although nobody told it to.
#[derive(Message)]
#[rtype(result = "()")]
struct ThreadDied(String);

impl Actor for BillConsumer {
    type Context = ActorContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let reading = Reading {
            topic: self.topic.clone(),
            dead_letters: self.dead_letters.clone(),
            bank: self.bank.clone(),
            metrics: self.metrics.clone(),
        };
        let addr = ctx.address();
        let tell = move |reason| {
            #[expect(clippy::disallowed_methods, reason = "a signal, not money")]
            addr.do_send(ThreadDied(reason));
        };
        let started = ReadingThread::start("bill-reader", move |is_stopping| {
            if let Err(error) = reading.run(is_stopping) {
                tell(error);
            }
        });
        match started {
            Ok(reader) => self.reader = Some(reader),
            Err(error) => ctx.fail(format!("a thread cannot be started: {error}")),
        }
    }
}

impl Handler<ThreadDied> for BillConsumer {
    type Result = ();

    fn handle(&mut self, ThreadDied(reason): ThreadDied, ctx: &mut Self::Context) {
        ctx.fail(reason);
    }
}

impl Supervised for BillConsumer {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.reader = None;
    }
}

impl SupervisedActor for BillConsumer {
    fn shutting_down(&mut self, ctx: &mut Self::Context) {
        self.reader = None;
        ctx.stop();
    }
}

/// What the thread works with.
struct Reading {
    topic: Topic,
    dead_letters: Topic,
    bank: BankHandle,
    metrics: Metrics,
}

impl Reading {
    fn run(&self, is_stopping: &AtomicBool) -> Result<(), String> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("a runtime cannot be started: {error}"))?;
        if !runtime.block_on(self.topics_are_well(is_stopping)) {
            return Ok(());
        }
        self.read(&runtime, is_stopping).map_err(|error| format!("bills are not read: {error}"))
    }

    /// Waits until nothing is wrong with the topics; false when told to stop before that.
    async fn topics_are_well(&self, is_stopping: &AtomicBool) -> bool {
        for topic in [&self.topic, &self.dead_letters] {
            let mut attempts = RETRY.attempts();
            while let Err(error) = topic.ensure().await {
                let n_failures = attempts.n_failures();
                tracing::warn!(%error, n_failures, "bills are not read now");
                wait(attempts.failed(0.0), is_stopping).await;
                if is_stopping.load(Ordering::Relaxed) {
                    return false;
                }
            }
        }
        true
    }

    fn read(&self, runtime: &Runtime, is_stopping: &AtomicBool) -> Result<(), TopicError> {
        let counted = Counted::reading(&self.metrics, "bill-consumer", &self.topic);
        let consumer: BaseConsumer<Context> = self
            .topic
            .client_config()
            .set("group.id", "bancada-bank")
            .set("enable.auto.commit", "false")
            // Whatever was lost of the group's memory, every payment is read.
            .set("auto.offset.reset", "earliest")
            .set("max.poll.interval.ms", MAX_PAUSE_MS)
            // Who comes back after a crash waits so long for its own records.
            .set("session.timeout.ms", "10000")
            .set(statistics::EVERY.0, statistics::EVERY.1)
            .create_with_context(Context::reading("bill-consumer", counted, &self.topic))?;
        consumer.subscribe(&[self.topic.name()])?;
        while !is_stopping.load(Ordering::Relaxed) {
            if let Some(passed) = self.topic.pass_over(&consumer) {
                let why = why(&passed);
                runtime.block_on(self.put_aside(passed.last, None, &why))?;
                let mut behind = TopicPartitionList::new();
                let Place(partition, last) = passed.last;
                let next = Offset::Offset(last + 1);
                behind.add_partition_offset(self.topic.name(), partition, next)?;
                consumer.commit(&behind, CommitMode::Async)?;
            }
            let message = match consumer.poll(POLL) {
                None => continue,
                Some(Ok(message)) => message,
                // librdkafka connects again by itself. A consumer that began anew would have to
                // wait until the group forgets this one.
                Some(Err(error)) => match consumer.client().fatal_error() {
                    None => {
                        tracing::debug!(%error, "bills are not read now");
                        continue;
                    }
                    Some(_) => return Err(error.into()),
                },
            };
            if !runtime.block_on(self.take(&message, is_stopping))? {
                break;
            }
            self.topic.trouble.read(self.topic.name(), message.partition(), message.offset());
            consumer.commit_message(&message, CommitMode::Async)?;
        }
        Ok(())
    }

    /// Sees to one record; false when told to stop before it was seen to.
    async fn take(
        &self,
        message: &BorrowedMessage<'_>,
        is_stopping: &AtomicBool,
    ) -> Result<bool, TopicError> {
        let why = match read(message.key(), message.payload(), message.headers()) {
            Ok(request) => match self.book(request, is_stopping).await {
                Booked::Answered => return Ok(true),
                Booked::Stopped => return Ok(false),
                Booked::Never(why) => why,
            },
            Err(why) => why,
        };
        let (partition, offset) = (message.partition(), message.offset());
        tracing::error!(partition, offset, why, "a payment of a bill is put aside");
        self.put_aside(Place(partition, offset), Some(message), &why).await?;
        Ok(true)
    }

    /// Asks the Bank until it answers.
    async fn book(&self, request: BillRequest, is_stopping: &AtomicBool) -> Booked {
        let mut attempts = RETRY.attempts();
        loop {
            let error = match self.bank.pay_bill(request.clone()).await {
                Ok(_) => return Booked::Answered,
                Err(BankError::Refused(refusal)) => return Booked::Never(refusal.to_string()),
                Err(error) => error,
            };
            if is_stopping.load(Ordering::Relaxed) {
                return Booked::Stopped;
            }
            let n_failures = attempts.n_failures();
            tracing::warn!(%error, n_failures, "a payment of a bill waits");
            wait(attempts.failed(0.0), is_stopping).await;
        }
    }

    /// `message` is what came, where it can be read.
    async fn put_aside(
        &self,
        Place(partition, offset): Place,
        message: Option<&BorrowedMessage<'_>>,
        why: &str,
    ) -> Result<(), TopicError> {
        let mut config = self.dead_letters.client_config();
        config.set("acks", "all");
        let place = format!("{partition}/{offset}");
        let record = FutureRecord::to(self.dead_letters.name())
            .key(message.and_then(BorrowedMessage::key).unwrap_or_default())
            .payload(message.and_then(BorrowedMessage::payload).unwrap_or_default())
            .headers(headers(why, Some(&place)));
        let send = async |client: &Client| {
            client.send(record, Timeout::Never).await.map(drop).map_err(|(error, _)| error)
        };
        let connection = Connection::new("bill-dead-letters", &self.metrics);
        connection.produce(&self.dead_letters, config, send).await
    }
}

/// What became of a payment.
enum Booked {
    /// Booked or refused, durably.
    Answered,
    /// It makes no sense to the Bank, now and always.
    Never(String),
    /// Nobody knows: told to stop.
    Stopped,
}

async fn wait(delay: Duration, is_stopping: &AtomicBool) {
    let end = tokio::time::Instant::now() + delay;
    while tokio::time::Instant::now() < end && !is_stopping.load(Ordering::Relaxed) {
        tokio::time::sleep(POLL.min(delay)).await;
    }
}
