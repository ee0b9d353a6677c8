//! Topics that somebody made otherwise than they have to be.

use std::ops::Range;
use std::time::Duration;

use bancada_kafka::{Topic, TopicError};
use bancada_telemetry::clock;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Message as _, OwnedMessage};

use crate::topic::read;
use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::{Broker, delete_topic, make_topic};

/// How many records are on a topic; none while the broker does not know it well.
pub(crate) fn n_records(broker: &Broker, topic: &Topic) -> Option<i64> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.address()).set("group.id", "a-test");
    let consumer: BaseConsumer = config.create().unwrap();
    let within = Duration::from_secs(30);
    let metadata = consumer.fetch_metadata(Some(topic.name()), within).ok()?;
    let mut n_records = 0;
    for partition in metadata.topics()[0].partitions() {
        let marks = consumer.fetch_watermarks(topic.name(), partition.id(), within);
        let (low, high) = marks.ok()?;
        n_records += high - low;
    }
    Some(n_records)
}

#[test]
fn a_topic_is_made_once_and_one_that_is_otherwise_is_refused_with_what_is_wrong() {
    let broker = Broker::shared();
    run(async {
        let address = broker.address();
        let topic = |name: &str| Topic::named(address.parse().unwrap(), name);
        let name = format!("shaped-{}", clock::uuid());
        assert!(topic(&name).ensure().await.unwrap());
        eventually("everybody knows it", async || matches!(topic(&name).ensure().await, Ok(false)))
            .await;

        let name = format!("shaped-{}", clock::uuid());
        let settings = [("retention.ms", "604800000"), ("cleanup.policy", "compact")];
        make_topic(&address, &name, 3, &settings).await;
        let found = topic(&name);
        let mut said = String::new();
        eventually("it is refused", async || match found.ensure().await {
            Err(TopicError::Wrong(wrong)) => {
                said = wrong.to_string();
                true
            }
            _ => false,
        })
        .await;
        assert_eq!(
            said,
            format!(
                "the topic {name} is not what it has to be: it has 3 partitions, not 6, its \
                 cleanup.policy is \"compact\", not \"delete\", its retention.ms is \
                 \"604800000\", not \"-1\"; change it, delete it so that it is made anew, or \
                 name another cluster with --kafka"
            )
        );
        assert_eq!(found.wrong().unwrap().to_string(), said);
        delete_topic(&address, &name).await;
        eventually("it is made anew", async || found.ensure().await.is_ok()).await;
        assert_eq!(found.wrong(), None);
    });
}

/// A card that pays, with its records in one of these partitions.
fn of_partition(records: &[OwnedMessage], partitions: Range<i32>) -> usize {
    let is_there = |record: &&OwnedMessage| partitions.contains(&record.partition());
    let there: Vec<_> = records.iter().filter(is_there).map(|record| record.key()).collect();
    (0..4).find(|card| there.contains(&Some(token(*card).as_str().as_bytes()))).unwrap()
}

#[test]
fn nothing_is_written_to_a_topic_that_became_another_while_the_broker_was_away() {
    let broker = Broker::start();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let bank = bench.bank().await;
        bank.pay_often(20).await;
        let is_delivered = async || bank.handle.n_delivered() == Some(bank.position());
        eventually("everything is delivered", is_delivered).await;

        let before = read(&broker, topic.name(), bank.events().await.len());
        broker.kill();
        // The first of them is with the producer when it finds out, for a partition that goes on.
        assert!(bank.pay(of_partition(&before, 0..5), 100).await);
        bank.pay_often(20).await;
        broker.wipe();
        broker
            .behind_their_backs(async |address| {
                make_topic(address, topic.name(), 5, &[("retention.ms", "-1")]).await;
            })
            .await;
        broker.start_again();
        eventually("it is refused", async || topic.wrong().is_some()).await;
        let delivered = bank.handle.n_delivered();
        let statement = bench.statement().await;
        bank.pay_often(20).await;
        assert!(!statement.handle.freshness().connected, "it is not read either");
        assert_eq!(n_records(&broker, topic), Some(0));
        assert_eq!(bank.handle.n_delivered(), delivered);

        delete_topic(&broker.address(), topic.name()).await;
        eventually("everything is delivered", is_delivered).await;
        eventually("it is read", async || statement.handle.freshness().connected).await;
        assert_eq!(topic.wrong(), None);
        statement.equals(&bank).await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}
