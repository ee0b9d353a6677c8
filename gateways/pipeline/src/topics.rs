//! The topics: the one that is copied, and the one of what could not be.

use std::time::Duration;

use bancada_kafka::{Brokers, Topic, TopicError};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, ClientContext};

use crate::apply::Outcome;
use crate::error::{PipelineError, Server};

/// One question to the brokers.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Makes the topic `payments` where no Bank has made it yet: a connector without a topic reads
/// nothing, and looks for it only every few minutes.
pub(crate) async fn apply_payments(brokers: &Brokers) -> Result<Outcome, PipelineError> {
    apply(brokers, &Topic::payments(brokers.clone())).await
}

/// Makes the topic of dead letters: Kafka Connect would make it as well, but keeps it for as long
/// as the broker's default says.
pub(crate) async fn apply_dead_letters(
    brokers: &Brokers,
    name: &str,
) -> Result<Outcome, PipelineError> {
    apply(brokers, &Topic::connect_dead_letters(brokers.clone(), name)).await
}

async fn apply(brokers: &Brokers, topic: &Topic) -> Result<Outcome, PipelineError> {
    match topic.ensure().await {
        Ok(true) => Ok(Outcome::Created),
        Ok(false) => Ok(Outcome::Unchanged),
        Err(TopicError::Kafka(error)) => Err(unreachable(brokers, &error)),
        Err(TopicError::Wrong(wrong)) => Err(wrong.into()),
    }
}

pub(crate) fn client_config(brokers: &Brokers) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers.to_string()).set("client.id", "bancada-pipeline");
    config
}

/// A client that says nothing by itself, each time it tries: whoever asked is told in the end.
#[derive(Clone, Copy)]
pub(crate) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(facility, message, "librdkafka");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ConsumerContext for Quiet {}

pub(crate) fn unreachable(brokers: &Brokers, error: &KafkaError) -> PipelineError {
    let address = brokers.to_string();
    PipelineError::Unreachable { server: Server::Kafka, address, why: error.to_string() }
}
