//! Kafka's gateway actors, on a thread of their own.

use std::sync::Arc;
use std::time::Duration;

use bancada_bank::ports::EventPublisher;
use bancada_extrato::ports::EventSource;
use bancada_kafka::{Consumer, KafkaPublisher, KafkaSource, Producer, Topic};
use bancada_supervision::{ChildSpec, Link, Strategy, Supervisor};

use crate::arguments::KafkaOption;

/// Longer than librdkafka takes to let go of a broker that does not answer.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(7);

/// The actors that the services of this process asked for.
pub(crate) struct Kafka {
    topic: Topic,
    producer: Option<Link<Producer>>,
    consumer: Option<Link<Consumer>>,
}

impl Kafka {
    /// Without brokers there is nothing to run.
    pub(crate) fn new(option: &KafkaOption) -> Option<Kafka> {
        let topic = Topic::payments(option.kafka.clone()?);
        Some(Kafka { topic, producer: None, consumer: None })
    }

    /// Where the Bank delivers its events.
    pub(crate) fn publisher(&mut self) -> Arc<dyn EventPublisher> {
        Arc::new(KafkaPublisher::new(self.producer.get_or_insert_default()))
    }

    /// Where the statement's events come from.
    pub(crate) fn source(&mut self) -> Arc<dyn EventSource> {
        Arc::new(KafkaSource::new(self.consumer.get_or_insert_default()))
    }

    /// The actors behind both.
    pub(crate) fn tree(self) -> Supervisor {
        let mut tree = Supervisor::new("kafka", Strategy::OneForOne).on_own_arbiter();
        if let Some(link) = &self.producer {
            let topic = self.topic.clone();
            let producer = ChildSpec::permanent("producer", move |_| Producer::new(topic.clone()));
            tree = tree.child(producer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        if let Some(link) = &self.consumer {
            let topic = self.topic.clone();
            let consumer = ChildSpec::permanent("consumer", move |_| Consumer::new(topic.clone()));
            tree = tree.child(consumer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        tree
    }
}
