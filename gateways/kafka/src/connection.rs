//! A producing connection, to a topic that was looked at when it began.

use std::sync::Arc;

use bancada_telemetry::Metrics;

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, Producer as _, PurgeConfig};
use tokio::sync::OnceCell;

use crate::context::Context;
use crate::statistics::{self, Counted};
use crate::topic::{ANSWER_WITHIN, Topic, TopicError, blocking};

pub(crate) type Client = FutureProducer<Context>;

/// Connects when it is used first. After an error, and after a moment without any broker, it is of
/// no more use: who knows what the topic is when the brokers are back.
#[derive(Clone)]
pub(crate) struct Connection {
    /// Which one this is, in logs and metrics.
    side: &'static str,
    metrics: Metrics,
    client: Arc<OnceCell<(Client, Context)>>,
}

impl Connection {
    pub(crate) fn new(side: &'static str, metrics: &Metrics) -> Connection {
        Connection { side, metrics: metrics.clone(), client: Arc::default() }
    }

    /// Runs `work` with the client, whose settings are made by `config`.
    pub(crate) async fn produce<T>(
        &self,
        topic: &Topic,
        mut config: ClientConfig,
        work: impl AsyncFnOnce(&Client) -> Result<T, KafkaError>,
    ) -> Result<T, TopicError> {
        let connect = async || {
            topic.ensure().await?;
            let counted = Counted::writing(&self.metrics, self.side);
            let context = Context::counted(self.side, counted);
            config.set(statistics::EVERY.0, statistics::EVERY.1);
            let client: Client = config.create_with_context(context.clone())?;
            let (asked, name) = (client.clone(), topic.name().to_owned());
            blocking(move || asked.client().fetch_metadata(Some(&name), ANSWER_WITHIN)).await?;
            context.brokers_answer();
            Ok::<_, TopicError>((client, context))
        };
        // Somebody may have altered it since; whoever waits goes on when it was set back.
        if topic.wrong().is_some() {
            topic.ensure().await?;
        }
        let (client, context) = self.client.get_or_try_init(connect).await?;
        tokio::select! {
            biased;
            () = context.all_brokers_down() => {
                // Or what waits here is written as soon as they are back.
                client.purge(PurgeConfig::default().queue().inflight());
                Err(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown).into())
            }
            done = work(client) => Ok(done?),
        }
    }

    /// Puts a new one in the place of one that failed, unless somebody has; that one ends beside
    /// the actor.
    pub(crate) fn replace(&mut self, failed: Connection) {
        if Arc::ptr_eq(&failed.client, &self.client) {
            self.begin_anew();
        }
        tokio::task::spawn_blocking(move || drop(failed));
    }

    pub(crate) fn begin_anew(&mut self) {
        self.client = Arc::default();
    }
}
