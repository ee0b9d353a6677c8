//! Kafka's gateway actors, on a thread of their own.

use std::sync::Arc;
use std::time::Duration;

use bancada_bank::BankHandle;
use bancada_bank::ports::EventPublisher;
use bancada_extrato::ports::{BillSender, EventSource};
use bancada_kafka::{
    BillConsumer, BillProducer, Brokers, Consumer, KafkaBills, KafkaPublisher, KafkaSource,
    Producer, Topic,
};
use bancada_supervision::{ChildSpec, Link, Strategy, Supervisor};

use crate::arguments::KafkaOption;

/// Longer than librdkafka takes to let go of a broker that does not answer.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(7);

/// The actors that the services of this process asked for.
pub(crate) struct Kafka {
    brokers: Brokers,
    producer: Option<Link<Producer>>,
    consumer: Option<Link<Consumer>>,
    bill_producer: Option<Link<BillProducer>>,
    /// The Bank that reads bills.
    bank: Option<BankHandle>,
}

impl Kafka {
    /// Without brokers there is nothing to run.
    pub(crate) fn new(option: &KafkaOption) -> Option<Kafka> {
        let brokers = option.kafka.clone()?;
        Some(Kafka { brokers, producer: None, consumer: None, bill_producer: None, bank: None })
    }

    /// Where the Bank delivers its events.
    pub(crate) fn publisher(&mut self) -> Arc<dyn EventPublisher> {
        Arc::new(KafkaPublisher::new(self.producer.get_or_insert_default()))
    }

    /// Where the statement's events come from.
    pub(crate) fn source(&mut self) -> Arc<dyn EventSource> {
        Arc::new(KafkaSource::new(self.consumer.get_or_insert_default()))
    }

    /// Where the statement's payments of bills go.
    pub(crate) fn bills(&mut self) -> Arc<dyn BillSender> {
        Arc::new(KafkaBills::new(self.bill_producer.get_or_insert_default()))
    }

    /// Lets this Bank read payments of bills.
    pub(crate) fn bring_bills_to(&mut self, bank: BankHandle) {
        self.bank = Some(bank);
    }

    /// The actors behind all of them.
    pub(crate) fn tree(self) -> Supervisor {
        let mut tree = Supervisor::new("kafka", Strategy::OneForOne).on_own_arbiter();
        if let Some(link) = &self.producer {
            let topic = Topic::payments(self.brokers.clone());
            let producer = ChildSpec::permanent("producer", move |_| Producer::new(topic.clone()));
            tree = tree.child(producer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        if let Some(link) = &self.consumer {
            let topic = Topic::payments(self.brokers.clone());
            let consumer = ChildSpec::permanent("consumer", move |_| Consumer::new(topic.clone()));
            tree = tree.child(consumer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        if let Some(link) = &self.bill_producer {
            let topic = Topic::bill_payments(self.brokers.clone());
            let bills =
                ChildSpec::permanent("bill-producer", move |_| BillProducer::new(topic.clone()));
            tree = tree.child(bills.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        if let Some(bank) = self.bank {
            let topic = Topic::bill_payments(self.brokers.clone());
            let aside = Topic::bill_dead_letters(self.brokers.clone());
            let bills = ChildSpec::permanent("bill-consumer", move |_| {
                BillConsumer::new(topic.clone(), aside.clone(), bank.clone())
            });
            tree = tree.child(bills.shutdown_within(SHUTDOWN_WITHIN));
        }
        tree
    }
}
