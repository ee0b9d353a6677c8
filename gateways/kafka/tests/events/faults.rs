//! What Kafka's edge does when the broker, a record or an actor fails.

use std::time::Duration;

use bancada_event_record::event_to_value;
use bancada_kafka::Topic;
use bancada_kernel::PaymentEvent;
use bancada_supervision::{State, TreeHandle};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::Broker;

#[test]
fn payments_go_on_while_the_broker_is_away() {
    let broker = Broker::start();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        bank.pay_often(20).await;
        statement.equals(&bank).await;

        broker.kill();
        let delivered = bank.handle.n_delivered();
        bank.pay_often(60).await;
        eventually("the statement says that it is cut off", async || {
            let freshness = statement.handle.freshness();
            let is_behind = freshness.committed_position > freshness.applied_position;
            !freshness.connected && is_behind
        })
        .await;
        assert_eq!(bank.handle.n_delivered(), delivered);
        // Slowly, from the Bank's past.
        statement.equals(&bank).await;

        broker.start_again();
        statement.equals(&bank).await;
        eventually("the Bank knows that it is delivered", async || {
            bank.handle.n_delivered() == Some(bank.position())
        })
        .await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn what_a_wiped_broker_forgot_is_fetched_from_the_bank() {
    let broker = Broker::start();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        bank.pay_often(40).await;
        statement.equals(&bank).await;
        statement.tree.shutdown().await;
        bank.pay_often(40).await;
        eventually("the broker has everything", async || {
            bank.handle.n_delivered() == Some(bank.position())
        })
        .await;

        broker.kill();
        broker.wipe();
        broker.start_again();
        // Every card moves on, so that every card misses something.
        bank.pay_often(4).await;
        let statement = bench.statement().await;
        statement.equals(&bank).await;
        let counted = statement.handle.statistics();
        assert_eq!(counted.n_held_cards, 0);
        assert!(counted.n_held > 0, "there was something to repair: {counted:?}");

        // The offsets are the new topic's now: the next start reads nothing twice.
        statement.tree.shutdown().await;
        bank.pay_often(4).await;
        let statement = bench.statement().await;
        statement.equals(&bank).await;
        assert_eq!(statement.handle.statistics().n_duplicates, 0);
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn what_a_wiped_broker_forgot_is_found_although_nothing_comes_after_it() {
    let broker = Broker::start();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        bank.pay_often(8).await;
        statement.equals(&bank).await;
        statement.tree.shutdown().await;
        bank.pay_often(8).await;
        eventually("the broker has everything", async || {
            bank.handle.n_delivered() == Some(bank.position())
        })
        .await;
        broker.kill();
        broker.wipe();
        broker.start_again();
        // Nobody pays any more: only the Bank can say that something is missing.
        let statement = bench.statement().await;
        statement.equals(&bank).await;
        assert_eq!(statement.handle.statistics().n_behind, 4, "each card that paid");
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn a_record_that_is_no_event_is_put_aside_and_its_card_is_repaired() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        bank.pay_often(20).await;
        statement.equals(&bank).await;

        produce(&broker, topic, token(0).as_str(), b"{\"status\": \"approved\"");
        eventually("it is put aside", async || statement.handle.statistics().n_dead_letters == 1)
            .await;
        bank.pay_often(20).await;
        statement.equals(&bank).await;
        eventually("no card waits any more", async || {
            statement.handle.statistics().n_held_cards == 0
        })
        .await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn what_is_delivered_twice_changes_nothing() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        bank.pay_often(40).await;
        statement.equals(&bank).await;
        bank.tree.shutdown().await;
        bench.forget_what_was_delivered();
        let bank = bench.bank().await;
        eventually("everything came again", async || {
            statement.handle.statistics().n_duplicates >= bank.position()
        })
        .await;
        statement.equals(&bank).await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn what_comes_in_another_order_and_more_than_once_is_put_in_order() {
    let broker = Broker::shared();
    run(async {
        let mut bench = Bench::new(Transport::Feed);
        let bank = bench.bank().await;
        bank.pay_often(40).await;
        // Somebody else delivers: the latest first, and then everything again as it was.
        let Transport::Kafka(topic) = Transport::kafka(&broker) else { unreachable!() };
        topic.ensure().await.unwrap();
        let events = bank.events().await;
        let record = |event: &PaymentEvent| {
            (event.card.as_ref().unwrap().token.to_string(), event_to_value(event))
        };
        produce_all(&broker, &topic, events.iter().rev().chain(&events).map(record));
        bench.transport = Transport::Kafka(topic);
        let statement = bench.statement().await;
        statement.equals(&bank).await;
        let counted = statement.handle.statistics();
        assert!(counted.n_held > 20, "they came too early: {counted:?}");
        eventually("every copy was passed over", async || {
            let counted = statement.handle.statistics();
            counted.n_duplicates + counted.n_held >= 2 * bank.position() - counted.n_applied
                && counted.n_held_cards == 0
        })
        .await;
        statement.equals(&bank).await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn actors_that_crash_lose_and_double_nothing() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        for generation in 2..=4 {
            bank.pay_often(40).await;
            crash(&bank.tree, "kafka/producer", generation).await;
            crash(&statement.tree, "kafka/consumer", generation).await;
            bank.pay_often(40).await;
            crash(&bank.tree, "bank/outbox", generation).await;
            crash(&statement.tree, "extrato/follower", generation).await;
        }
        bank.pay_often(40).await;
        statement.equals(&bank).await;
        let counted = statement.handle.statistics();
        assert_eq!(counted.n_held, 0, "nothing was missing on the topic: {counted:?}");
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

/// Crashes an actor and waits until it runs again, for the time that its generation says.
async fn crash(tree: &TreeHandle, path: &str, generation: u64) {
    tree.crash(path).await.unwrap();
    eventually("it runs again", async || {
        let snapshot = tree.snapshot();
        let node = snapshot.nodes.iter().find(|node| node.path == path).unwrap();
        node.generation >= generation && node.state == State::Running
    })
    .await;
}

pub(crate) fn produce(broker: &Broker, topic: &Topic, key: &str, value: &[u8]) {
    produce_all(broker, topic, [(key.to_owned(), value.to_vec())]);
}

fn produce_all(
    broker: &Broker,
    topic: &Topic,
    records: impl IntoIterator<Item = (String, Vec<u8>)>,
) {
    let mut config = ClientConfig::new();
    let producer: BaseProducer =
        config.set("bootstrap.servers", broker.address()).create().unwrap();
    for (key, value) in records {
        producer.send(BaseRecord::to(topic.name()).key(&key).payload(&value)).unwrap();
    }
    producer.flush(Duration::from_secs(30)).unwrap();
}
