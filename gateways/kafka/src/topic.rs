//! The topics: on which the Bank's events are published, and on which bills are paid.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::address::Brokers;
use crate::context::Context;

/// Enough for several consumers in a group. It is never changed later: another number would send
/// a card's next event to another partition, past the order of its earlier ones.
const N_PARTITIONS: i32 = 6;
/// The cluster's own default.
const REPLICATION: TopicReplication<'_> = TopicReplication::Fixed(-1);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A topic in a cluster. Cheap enough to clone.
#[derive(Clone, Debug)]
pub struct Topic {
    brokers: Brokers,
    name: String,
}

impl Topic {
    /// The topic `payments`: its name is part of the contract with its consumers.
    pub fn payments(brokers: Brokers) -> Topic {
        Topic::named(brokers, "payments")
    }

    /// The topic `bill-payments`, on the way from the statement to the Bank.
    pub fn bill_payments(brokers: Brokers) -> Topic {
        Topic::named(brokers, "bill-payments")
    }

    /// Payments of bills that the Bank can never book.
    pub fn bill_dead_letters(brokers: Brokers) -> Topic {
        Topic::named(brokers, "bill-payments.dead-letters")
    }

    /// Another topic of the same kind, for a cluster that several systems share.
    pub fn named(brokers: Brokers, name: &str) -> Topic {
        Topic { brokers, name: name.to_owned() }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Settings that every client of ours has.
    pub(crate) fn client_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.brokers.to_string())
            .set("client.id", "bancada")
            // A broker that says nothing for so long is taken for gone.
            .set("socket.timeout.ms", "10000")
            .set("socket.keepalive.enable", "true")
            .set("reconnect.backoff.max.ms", "1000");
        config
    }

    /// Makes it where it does not exist; whether it was made. One that somebody made before is
    /// used as it is.
    pub async fn ensure(&self) -> Result<bool, KafkaError> {
        let context = Context::new("admin");
        let admin: AdminClient<Context> = self.client_config().create_with_context(context)?;
        let topic = NewTopic::new(&self.name, N_PARTITIONS, REPLICATION)
            .set("cleanup.policy", "delete")
            // The statement catches up however long it was away.
            .set("retention.ms", "-1");
        let options = AdminOptions::new()
            .request_timeout(Some(ANSWER_WITHIN))
            .operation_timeout(Some(ANSWER_WITHIN));
        let mut is_made = false;
        for created in admin.create_topics([&topic], &options).await? {
            match created {
                Ok(name) => {
                    is_made = true;
                    tracing::info!(name, partitions = N_PARTITIONS, "topic created");
                }
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(KafkaError::AdminOp(code)),
            }
        }
        Ok(is_made)
    }
}
