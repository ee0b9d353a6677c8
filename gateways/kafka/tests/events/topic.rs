//! What other consumers of the topic find there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bancada_event_record::event_from_value;
use bancada_kernel::test_cards::TEST_CARDS;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _, OwnedMessage};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::Value;

use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::Broker;

#[test]
fn the_topic_holds_every_event_by_card_and_no_card_number() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let bank = bench.bank().await;
        bank.pay_often(20).await;
        assert!(!bank.pay(5, 777).await);
        eventually("everything is delivered", async || {
            bank.handle.n_delivered() == Some(bank.position())
        })
        .await;
        let events = bank.events().await;
        let records = read(&broker, topic.name(), events.len());

        let mut partitions = BTreeMap::new();
        for record in &records {
            let value = record.payload().unwrap();
            let event = event_from_value(value).unwrap();
            let json: Value = serde_json::from_slice(value).unwrap();
            let key = std::str::from_utf8(record.key().unwrap()).unwrap();
            assert_eq!(json["card_token"], key);
            let partition = record.partition();
            assert_eq!(*partitions.entry(key.to_owned()).or_insert(partition), partition);
            assert_eq!(record.timestamp().to_millis(), Some(event.occurred_at.0));
            let trace = event.trace.map(|trace| trace.to_string());
            for (name, expected) in [
                ("event-type", Some(event.kind.word().to_owned())),
                ("event-id", Some(event.event_id.to_string())),
                ("schema-version", Some("1".to_owned())),
                ("traceparent", trace),
            ] {
                assert_eq!(header(record, name), expected, "{name}");
            }
            let text = String::from_utf8_lossy(value);
            for card in TEST_CARDS {
                assert!(!text.contains(card.number), "a whole card number: {text}");
            }
        }
        let mut read: Vec<_> =
            records.iter().map(|it| event_from_value(it.payload().unwrap()).unwrap()).collect();
        read.sort_unstable_by_key(|event| event.position);
        assert_eq!(read, events);
        let used: std::collections::BTreeSet<_> = partitions.values().collect();
        assert!(used.len() > 1, "cards are spread over partitions");
        bank.tree.shutdown().await;
    });
}

pub(crate) fn header(record: &OwnedMessage, name: &str) -> Option<String> {
    let found = record.headers().unwrap().iter().find(|header| header.key == name);
    found.map(|header| String::from_utf8(header.value.unwrap().to_vec()).unwrap())
}

pub(crate) fn read(broker: &Broker, topic: &str, n_records: usize) -> Vec<OwnedMessage> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.address()).set("group.id", "a-test");
    let consumer: BaseConsumer = config.create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(30)).unwrap();
    let mut assignment = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        assignment.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&assignment).unwrap();
    let mut records = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while records.len() < n_records {
        assert!(Instant::now() < deadline, "{} of {n_records} records", records.len());
        if let Some(record) = consumer.poll(Duration::from_millis(100)) {
            records.push(record.unwrap().detach());
        }
    }
    assert!(consumer.poll(Duration::from_millis(500)).is_none(), "no record twice");
    records
}
