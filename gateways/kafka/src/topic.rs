//! The topics: on which the Bank's events are published, on which bills are paid, and where is
//! put aside what cannot be read. Everything that is ours to say about one is said here.

mod shape;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, ConfigEntry, ResourceSpecifier};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::address::Brokers;
use crate::context::Context;
use crate::progress::Progress;
use crate::set_aside::Asked;
use crate::trouble::Trouble;
use shape::{BY_CARD, Shape, TO_LOOK_AT};

pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Between two looks whether a deleted topic has gone.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// So many looks are half a minute.
const N_LOOKS_AT_DELETED: usize = 300;

type Admin = AdminClient<Context>;

/// A topic in a cluster. Cheap to clone; clones know the same of it.
#[derive(Clone, Debug)]
pub struct Topic {
    brokers: Brokers,
    name: String,
    shape: Shape,
    wrong: Arc<Mutex<Option<WrongTopic>>>,
    pub(crate) trouble: Trouble,
    pub(crate) progress: Progress,
    pub(crate) asked: Asked,
}

/// A topic that somebody made otherwise than it has to be. Nothing is written to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the topic {name} is not what it has to be: {}; change it, delete it so that it is made anew, \
     or name another cluster with --kafka",
    differences.join(", ")
)]
pub struct WrongTopic {
    name: String,
    differences: Vec<String>,
}

/// Why a topic cannot be used now.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TopicError {
    /// The brokers are away, or refuse; it may be well later.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// Somebody has to change it.
    #[error(transparent)]
    Wrong(#[from] WrongTopic),
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

    /// Where is put aside what cannot be read of it, or makes no sense.
    pub fn dead_letters(&self) -> Topic {
        Topic::named(self.brokers.clone(), &format!("{}.dead-letters", self.name))
    }

    /// Records that Kafka Connect could not copy, which the statement may well have read. The
    /// connector's settings have the name.
    pub fn connect_dead_letters(brokers: Brokers, name: &str) -> Topic {
        Topic { shape: TO_LOOK_AT, ..Topic::named(brokers, name) }
    }

    /// A topic of records by card, for a cluster that several systems share.
    pub fn named(brokers: Brokers, name: &str) -> Topic {
        Topic {
            brokers,
            name: name.to_owned(),
            shape: BY_CARD,
            wrong: Arc::default(),
            trouble: Trouble::default(),
            progress: Progress::default(),
            asked: Asked::default(),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was wrong with it when it was last looked at.
    pub fn wrong(&self) -> Option<WrongTopic> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What cannot be read of it by the consumer of this process, and where, once it lasts.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.text(&self.name)
    }

    /// For how long the consumer of this process has not got on with it, once that is long.
    pub fn standstill(&self) -> Option<String> {
        self.progress.text(&self.name, Instant::now())
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

    /// Makes it where it does not exist, and otherwise looks whether it is what it has to be;
    /// whether it was made. Gives up soon where no broker can be reached.
    pub async fn ensure(&self) -> Result<bool, TopicError> {
        // An admin client would wait for them.
        if !self.brokers.can_be_reached().await {
            return Err(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown).into());
        }
        let ensured = self.make_or_compare().await;
        let wrong = match &ensured {
            Ok(_) => None,
            Err(TopicError::Wrong(wrong)) => Some(wrong.clone()),
            // Nobody knows: what was known before stays.
            Err(TopicError::Kafka(_)) => return ensured,
        };
        *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = wrong;
        ensured
    }

    /// Looks whether it is still what it has to be, and makes nothing. Where nobody knows, what was
    /// known before stays.
    pub async fn look_again(&self) {
        let looked = async {
            if !self.brokers.can_be_reached().await {
                return Err(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown).into());
            }
            self.compare(self.client_config().create_with_context(Context::new("admin"))?).await
        };
        let looked = looked.await;
        let mut known = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        match looked {
            Ok(()) if known.is_none() => {}
            Ok(()) => {
                tracing::info!(topic = self.name, "the topic is what it has to be again");
                *known = None;
            }
            Err(TopicError::Wrong(wrong)) if known.as_ref() != Some(&wrong) => {
                tracing::error!(topic = self.name, %wrong, "nothing is written to the topic");
                *known = Some(wrong);
            }
            Err(TopicError::Wrong(_)) => {}
            Err(TopicError::Kafka(error)) => tracing::debug!(%error, "the topic is not looked at"),
        }
    }

    /// Deletes it, where it exists, and makes it again without its records; what consumers of the
    /// deleted one had committed goes with it. Nobody writes to it meanwhile.
    pub async fn make_anew(&self) -> Result<(), TopicError> {
        if !self.brokers.can_be_reached().await {
            return Err(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown).into());
        }
        let admin: Admin = self.client_config().create_with_context(Context::new("admin"))?;
        for deleted in admin.delete_topics(&[&self.name], &options()).await? {
            match deleted {
                Ok(_) | Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
                Err((_, code)) => return Err(KafkaError::AdminOp(code).into()),
            }
        }
        // A topic is deleted some time after it was said to be.
        for _ in 0..N_LOOKS_AT_DELETED {
            if self.make(&admin).await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
        Err(KafkaError::AdminOp(RDKafkaErrorCode::TopicAlreadyExists).into())
    }

    async fn make_or_compare(&self) -> Result<bool, TopicError> {
        let admin: Admin = self.client_config().create_with_context(Context::new("admin"))?;
        if self.make(&admin).await? {
            return Ok(true);
        }
        self.compare(admin).await.map(|()| false)
    }

    async fn compare(&self, admin: Admin) -> Result<(), TopicError> {
        let settings = self.settings(&admin).await?;
        let differences = self.shape.differences(self.count_partitions(admin).await?, &settings);
        if differences.is_empty() {
            return Ok(());
        }
        Err(WrongTopic { name: self.name.clone(), differences }.into())
    }

    async fn make(&self, admin: &Admin) -> Result<bool, KafkaError> {
        let mut is_made = false;
        let topic = self.shape.new_topic(&self.name);
        for created in admin.create_topics([&topic], &options()).await? {
            match created {
                Ok(name) => {
                    is_made = true;
                    tracing::info!(name, partitions = self.shape.n_partitions, "topic created");
                }
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(KafkaError::AdminOp(code)),
            }
        }
        Ok(is_made)
    }

    async fn settings(&self, admin: &Admin) -> Result<BTreeMap<String, String>, KafkaError> {
        let topic = ResourceSpecifier::Topic(&self.name);
        let mut entries = Vec::new();
        for described in admin.describe_configs([&topic], &options()).await? {
            entries.extend(described.map_err(KafkaError::AdminOp)?.entries);
        }
        told(entries)
    }

    /// Called where the topic exists: this question alone would make it, of another shape.
    async fn count_partitions(&self, admin: Admin) -> Result<usize, KafkaError> {
        let name = self.name.clone();
        let ask = move || admin.inner().fetch_metadata(Some(&name), ANSWER_WITHIN);
        let metadata = blocking(ask).await?;
        let found = metadata.topics().iter().find(|topic| topic.name() == self.name);
        match found.map_or(0, |topic| topic.partitions().len()) {
            // It was made a moment ago, and the broker that was asked has not heard of it yet.
            0 => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)),
            n_partitions => Ok(n_partitions),
        }
    }
}

/// What a broker has told. The client keeps a broker's error about one topic to itself, and shows
/// no entries: of three brokers, one may not have heard of a topic that was made a moment ago.
/// Every topic has settings.
fn told(entries: Vec<ConfigEntry>) -> Result<BTreeMap<String, String>, KafkaError> {
    if entries.is_empty() {
        return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition));
    }
    Ok(entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect())
}

/// Asks a question of librdkafka's that blocks, beside the actors.
pub(crate) async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
    tokio::task::spawn_blocking(ask).await.unwrap_or(Err(KafkaError::Canceled))
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ANSWER_WITHIN)).operation_timeout(Some(ANSWER_WITHIN))
}

#[cfg(test)]
mod tests {
    use rdkafka::admin::ConfigSource;

    use super::*;

    #[test]
    fn a_broker_that_tells_nothing_has_not_said_that_the_topic_is_wrong() {
        assert!(told(Vec::new()).is_err());
        let entry = ConfigEntry {
            name: "cleanup.policy".to_owned(),
            value: Some("delete".to_owned()),
            source: ConfigSource::Default,
            is_read_only: false,
            is_default: true,
            is_sensitive: false,
        };
        assert_eq!(told(vec![entry]).unwrap()["cleanup.policy"], "delete");
    }
}
