//! The topics: the one that is copied, and the one of what could not be.

use std::time::Duration;

use bancada_kafka::{Brokers, Topic};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, ClientContext};

use crate::apply::Outcome;
use crate::error::{PipelineError, Server};

/// One question to the brokers.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Dead letters are for people to look at: 30 days.
const DEAD_LETTERS_RETENTION_MS: &str = "2592000000";

/// Makes the topic `payments` where no Bank has made it yet: a connector without a topic reads
/// nothing, and looks for it only every few minutes.
pub(crate) async fn apply_payments(brokers: &Brokers) -> Result<Outcome, PipelineError> {
    let made = Topic::payments(brokers.clone()).ensure().await;
    outcome(brokers, made)
}

/// Makes the topic of dead letters: Kafka Connect would make it as well, but keeps it for as long
/// as the broker's default says.
pub(crate) async fn apply_dead_letters(
    brokers: &Brokers,
    name: &str,
) -> Result<Outcome, PipelineError> {
    let made = make_dead_letters(brokers, name).await;
    outcome(brokers, made)
}

fn outcome(brokers: &Brokers, made: Result<bool, KafkaError>) -> Result<Outcome, PipelineError> {
    match made {
        Ok(true) => Ok(Outcome::Created),
        Ok(false) => Ok(Outcome::Unchanged),
        Err(error) => Err(unreachable(brokers, &error)),
    }
}

async fn make_dead_letters(brokers: &Brokers, name: &str) -> Result<bool, KafkaError> {
    let admin: AdminClient<Quiet> = client_config(brokers).create_with_context(Quiet)?;
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(-1))
        .set("retention.ms", DEAD_LETTERS_RETENTION_MS);
    let options = AdminOptions::new()
        .request_timeout(Some(ANSWER_WITHIN))
        .operation_timeout(Some(ANSWER_WITHIN));
    let mut is_made = false;
    for created in admin.create_topics([&topic], &options).await? {
        match created {
            Ok(_) => is_made = true,
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(KafkaError::AdminOp(code)),
        }
    }
    Ok(is_made)
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
