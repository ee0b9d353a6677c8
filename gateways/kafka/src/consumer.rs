//! The actor that reads the topic for the statement.

use actix::fut::{ActorFutureExt as _, wrap_future};
use actix::{Actor, ActorContext as _, AsyncContext as _, Context, Handler, Message, Supervised};
use async_trait::async_trait;
use bancada_extrato::ports::{
    EventSource, EventStream, Offsets, Reached, SourceBatch, SourceError,
};
use bancada_supervision::{Link, SupervisedActor};
use bancada_telemetry::Metrics;
use tokio::sync::{mpsc, oneshot};

use crate::reader;
use crate::thread::ReadingThread;
use crate::topic::Topic;

/// Batches that wait for the statement; the reader pauses while there are so many.
const MAX_BATCHES: usize = 2;

/// What a stream is made of.
pub(crate) type Batches = mpsc::Receiver<Result<SourceBatch, SourceError>>;

type Opened = oneshot::Sender<Result<Batches, SourceError>>;

/// The actor. It owns the thread that reads, one at a time: a statement that begins anew ends
/// what was read for it before.
pub struct Consumer {
    topic: Topic,
    metrics: Metrics,
    reader: Option<ReadingThread>,
}

impl Consumer {
    /// A consumer that connects when the statement asks for events.
    pub fn new(topic: Topic, metrics: &Metrics) -> Consumer {
        Consumer { topic, metrics: metrics.clone(), reader: None }
    }

    fn read(&mut self, after: Offsets, opened: Opened) {
        let (sender, batches) = mpsc::channel(MAX_BATCHES);
        let tell = |result: Result<(), SourceError>| {
            // Nobody waits any more when the statement gave up.
            let _ = opened.send(result.map(|()| batches));
        };
        self.reader = reader::start(self.topic.clone(), &self.metrics, after, sender, tell)
            .inspect_err(|error| tracing::error!(%error, "a thread cannot be started"))
            .ok();
    }
}

/// Read what comes after these offsets.
#[derive(Message)]
#[rtype(result = "()")]
struct Open {
    after: Offsets,
    opened: Opened,
}

impl Actor for Consumer {
    type Context = Context<Self>;
}

impl Handler<Open> for Consumer {
    type Result = ();

    fn handle(&mut self, Open { after, opened }: Open, ctx: &mut Self::Context) {
        let topic = self.topic.clone();
        let looking = wrap_future::<_, Self>(async move { topic.ensure().await });
        ctx.spawn(looking.map(move |looked, actor, _| {
            // The old one ends before the new one begins.
            actor.reader = None;
            match looked {
                Ok(_) => actor.read(after, opened),
                // Nobody waits any more when the statement gave up.
                Err(error) => drop(opened.send(Err(SourceError::Away(error.to_string())))),
            }
        }));
    }
}

impl Supervised for Consumer {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.reader = None;
    }
}

impl SupervisedActor for Consumer {
    fn shutting_down(&mut self, ctx: &mut Self::Context) {
        self.reader = None;
        ctx.stop();
    }
}

/// The statement's port to the consumer.
#[derive(Clone, Debug)]
pub struct KafkaSource {
    consumer: Link<Consumer>,
}

impl KafkaSource {
    /// Reads through the consumer that this link leads to.
    pub fn new(consumer: &Link<Consumer>) -> KafkaSource {
        KafkaSource { consumer: consumer.clone() }
    }
}

#[async_trait]
impl EventSource for KafkaSource {
    async fn open(
        &self,
        after: Offsets,
        _: &[Reached],
    ) -> Result<Box<dyn EventStream>, SourceError> {
        let away = || SourceError::Away("the consumer is being restarted".to_owned());
        let (opened, answer) = oneshot::channel();
        let message = Open { after, opened };
        let sent = self.consumer.with(|consumer| consumer.send(message)).ok_or_else(away)?;
        sent.await.map_err(|_| away())?;
        let batches = answer.await.map_err(|_| away())??;
        Ok(Box::new(Stream { batches }))
    }
}

struct Stream {
    batches: Batches,
}

#[async_trait]
impl EventStream for Stream {
    async fn next(&mut self) -> Result<SourceBatch, SourceError> {
        let ended = || Err(SourceError::Away("the reader ended".to_owned()));
        self.batches.recv().await.unwrap_or_else(ended)
    }
}
