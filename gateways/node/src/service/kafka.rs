//! Kafka's gateway actors, on a thread of their own.

use std::sync::Arc;
use std::time::Duration;

use bancada_bank::BankHandle;
use bancada_bank::ports::EventPublisher;
use bancada_event_record::Place;
use bancada_extrato::ports::{BillSender, DeadLetterSink, EventSource};
use bancada_http::{Check, SetAside};
use bancada_kafka::{
    BillConsumer, Consumer, KafkaBills, KafkaDeadLetters, KafkaPublisher, KafkaSource, Producer,
    RecordWriter, Topic, TopicError, TopicWatcher,
};
use bancada_supervision::{ChildSpec, Link, Strategy, Supervisor};
use bancada_telemetry::Metrics;
use tokio::time::timeout;

use crate::arguments::KafkaOption;
use crate::surroundings::RealSurroundings;

/// Longer than librdkafka takes to let go of a broker that does not answer.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(7);

/// How long a start waits for brokers that do not answer; later they are waited for by the actors.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The actors that the services of this process asked for.
pub(crate) struct Kafka {
    payments: Topic,
    dead_letters: Topic,
    bills: Topic,
    bill_dead_letters: Topic,
    producer: Option<Link<Producer>>,
    consumer: Option<Link<Consumer>>,
    bill_writer: Option<Link<RecordWriter>>,
    dead_letter_writer: Option<Link<RecordWriter>>,
    /// The Bank that reads bills.
    bank: Option<BankHandle>,
    metrics: Metrics,
}

impl Kafka {
    /// Without brokers there is nothing to run.
    pub(crate) fn new(option: &KafkaOption, surroundings: &RealSurroundings) -> Option<Kafka> {
        let brokers = option.kafka.clone()?;
        let (payments, bills) = (Topic::payments(brokers.clone()), Topic::bill_payments(brokers));
        Some(Kafka {
            dead_letters: payments.dead_letters(),
            payments,
            bill_dead_letters: bills.dead_letters(),
            bills,
            producer: None,
            consumer: None,
            bill_writer: None,
            dead_letter_writer: None,
            bank: None,
            metrics: surroundings.metrics.clone(),
        })
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
        Arc::new(KafkaBills::new(self.bill_writer.get_or_insert_default()))
    }

    /// Where records go that the statement could not read.
    pub(crate) fn dead_letters(&mut self) -> Arc<dyn DeadLetterSink> {
        Arc::new(KafkaDeadLetters::new(self.dead_letter_writer.get_or_insert_default()))
    }

    /// Lets this Bank read payments of bills.
    pub(crate) fn bring_bills_to(&mut self, bank: BankHandle) {
        self.bank = Some(bank);
    }

    /// The topics that this process writes or reads.
    fn topics(&self) -> Vec<Topic> {
        let mut topics = vec![self.payments.clone(), self.bills.clone()];
        let writer = &self.dead_letter_writer;
        topics.extend(writer.is_some().then(|| self.dead_letters.clone()));
        topics.extend(self.bank.is_some().then(|| self.bill_dead_letters.clone()));
        topics
    }

    /// Refuses to start on a topic that is not what it has to be. A broker that is not there yet
    /// is no reason: payments do not need it.
    pub(crate) fn refuse_wrong_topics(&self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let look = async {
            for topic in self.topics() {
                topic.ensure().await?;
            }
            Ok(())
        };
        let looked = runtime.block_on(async { timeout(ANSWER_WITHIN, look).await });
        // A question that was not answered may still be waiting.
        runtime.shutdown_background();
        match looked {
            Ok(Err(TopicError::Wrong(wrong))) => return Err(wrong.into()),
            Ok(Err(TopicError::Kafka(error))) => {
                tracing::warn!(%error, "topics are looked at later")
            }
            Err(_) => tracing::warn!("topics are looked at later: no broker answers"),
            Ok(Ok(())) => {}
        }
        Ok(())
    }

    /// Says what is wrong with a topic, and what cannot be read of it. The process is ready
    /// nevertheless: payments do not need the broker, and wait in the journal until it is mended.
    pub(crate) fn check(&self) -> impl Fn() -> Check + Send + Sync + Clone + use<> {
        let topics = self.topics();
        move || {
            let wrong = topics.iter().filter_map(Topic::wrong).map(|wrong| wrong.to_string());
            let trouble = topics.iter().filter_map(|it| it.trouble().or_else(|| it.standstill()));
            let detail = wrong.chain(trouble).collect::<Vec<_>>();
            let detail = Some(detail.join("; ")).filter(|it| !it.is_empty());
            Check { name: "kafka", ok: detail.is_none(), is_vital: false, detail }
        }
    }

    /// Lets a consumer of this process pass over what it cannot read.
    pub(crate) fn set_aside(&self) -> SetAside {
        let mut read = Vec::new();
        read.extend(self.consumer.is_some().then(|| self.payments.clone()));
        read.extend(self.bank.is_some().then(|| self.bills.clone()));
        Arc::new(move |name, partition, offset| {
            let topic = read.iter().find(|topic| topic.name() == name);
            let topic = topic.ok_or_else(|| format!("this process does not read {name}"))?;
            topic.set_aside(Place(partition, offset)).map_err(|error| error.to_string())
        })
    }

    /// The actors behind all of them.
    pub(crate) fn tree(self) -> Supervisor {
        let topics = self.topics();
        let watcher =
            ChildSpec::permanent("topic-watcher", move |_| TopicWatcher::new(topics.clone()));
        let mut tree =
            Supervisor::new("kafka", Strategy::OneForOne).on_own_arbiter().child(watcher);
        let Kafka { payments, bills, bill_dead_letters: aside, metrics, .. } = self;
        if let Some(link) = &self.producer {
            let (topic, metrics) = (payments.clone(), metrics.clone());
            let producer =
                ChildSpec::permanent("producer", move |_| Producer::new(topic.clone(), &metrics));
            tree = tree.child(producer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        if let Some(link) = &self.consumer {
            let (topic, metrics) = (payments, metrics.clone());
            let consumer =
                ChildSpec::permanent("consumer", move |_| Consumer::new(topic.clone(), &metrics));
            tree = tree.child(consumer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        let writers = [
            (&self.bill_writer, &bills, "bill-writer"),
            (&self.dead_letter_writer, &self.dead_letters, "dead-letter-writer"),
        ];
        for (link, topic, name) in writers {
            let Some(link) = link else { continue };
            let (topic, metrics) = (topic.clone(), metrics.clone());
            let writer = ChildSpec::permanent(name, move |_| {
                RecordWriter::new(topic.clone(), name, &metrics)
            });
            tree = tree.child(writer.link(link).shutdown_within(SHUTDOWN_WITHIN));
        }
        if let Some(bank) = self.bank {
            let bills = ChildSpec::permanent("bill-consumer", move |_| {
                BillConsumer::new(bills.clone(), aside.clone(), bank.clone(), &metrics)
            });
            tree = tree.child(bills.shutdown_within(SHUTDOWN_WITHIN));
        }
        tree
    }
}
