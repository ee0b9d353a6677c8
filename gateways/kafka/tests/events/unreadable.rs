//! Records that a client of ours cannot read at all: they are told of, hold up no other
//! partition, and are read when they can be.

use bancada_event_record::Place;
use bancada_kafka::{Topic, TopicPast};

use crate::bills::{Topics, balance_of, payment_of, send};
use crate::topic::{header, read};
use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::Broker;
use bancada_testbed::kafka::{mend, spoil, with_records};

async fn names(topic: &Topic, partition: i32) {
    let place = format!("partition {partition} is not read from offset 0 on: ");
    eventually("it is told", async || {
        topic.trouble().is_some_and(|it| it.contains(&place) && it.contains("codec 0x5"))
    })
    .await;
    let others = topic.trouble().unwrap().matches("is not read").count();
    assert_eq!(others, 1, "{:?}", topic.trouble());
}

#[test]
fn an_unreadable_payment_of_a_bill_is_told_and_booked_when_it_can_be_read() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::Feed);
        let bank = bench.bank().await;
        let topics = Topics::new(&broker);
        let (bills, producer) = topics.producer().await;
        send(&bills, &payment_of(0, "a", 100)).await;
        let [partition] = with_records(&broker, topics.bills.name())[..] else { panic!() };
        let was = spoil(&broker, topics.bills.name(), partition);
        for card in 1..4 {
            send(&bills, &payment_of(card, &format!("b{card}"), 100)).await;
        }
        let n_partitions = with_records(&broker, topics.bills.name()).len();
        assert!(n_partitions > 1, "a card is in another partition");
        let consumer = topics.consumer(&bank).await;
        names(&topics.bills, partition).await;
        let mut n_booked = 0;
        for card in 1..4 {
            n_booked += usize::from(balance_of(&bank, card).await == -100);
        }
        assert!(n_booked >= n_partitions - 1, "the others are booked");
        assert_eq!(balance_of(&bank, 0).await, 0);

        mend(&broker, topics.bills.name(), partition, was);
        eventually("it is booked", async || balance_of(&bank, 0).await == -100).await;
        eventually("nothing is told", async || topics.bills.trouble().is_none()).await;
        for tree in [consumer, producer, bank.tree] {
            tree.shutdown().await;
        }
    });
}

#[test]
fn an_unreadable_payment_of_a_bill_is_put_aside_by_hand_and_what_follows_is_booked() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::Feed);
        let bank = bench.bank().await;
        let topics = Topics::new(&broker);
        let (bills, producer) = topics.producer().await;
        send(&bills, &payment_of(0, "a", 100)).await;
        let [partition] = with_records(&broker, topics.bills.name())[..] else { panic!() };
        spoil(&broker, topics.bills.name(), partition);
        send(&bills, &payment_of(0, "b", 70)).await;
        let consumer = topics.consumer(&bank).await;
        names(&topics.bills, partition).await;
        let error = topics.bills.set_aside(Place(partition, 1)).unwrap_err();
        let told = error.to_string();
        assert!(
            told.ends_with(&format!("does not stand at {partition}/1: it stands at {partition}/0"))
        );
        assert_eq!(balance_of(&bank, 0).await, 0);

        topics.bills.set_aside(Place(partition, 0)).unwrap();
        eventually("what follows is booked", async || balance_of(&bank, 0).await == -70).await;
        eventually("nothing is told", async || topics.bills.trouble().is_none()).await;
        let aside = read(&broker, topics.dead_letters.name(), 1);
        assert_eq!(header(&aside[0], "place"), Some(format!("{partition}/0")));
        let why = header(&aside[0], "why").unwrap();
        let range = format!("offsets 0 to 0 of partition {partition} cannot be read: ");
        assert!(why.starts_with(&range), "{why}");

        // It is not read again by who begins where the group is.
        consumer.shutdown().await;
        let consumer = topics.consumer(&bank).await;
        send(&bills, &payment_of(0, "c", 5)).await;
        eventually("the next is booked", async || balance_of(&bank, 0).await == -75).await;
        assert_eq!(topics.bills.trouble(), None);
        for tree in [consumer, producer, bank.tree] {
            tree.shutdown().await;
        }
    });
}

#[test]
fn an_unreadable_event_is_told_and_others_are_followed_meanwhile() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let bank = bench.bank().await;
        bank.pay_often(20).await;
        eventually("everything is delivered", async || {
            bank.handle.n_delivered() == Some(bank.position())
        })
        .await;
        let partitions = with_records(&broker, topic.name());
        assert!(partitions.len() > 1, "{partitions:?}");
        let was = spoil(&broker, topic.name(), partitions[0]);

        let mut past = TopicPast::new(topic.clone());
        let mut n_read = past.read_on().await.unwrap().len();
        let place = past.unreadable().to_vec();
        assert_eq!(place.len(), 1, "one batch is one place: {place:?}");
        assert_eq!(place[0].first, Place(partitions[0], 0));
        assert!(place[0].why.contains("codec 0x5"), "{place:?}");
        n_read += usize::try_from(place[0].last.1).unwrap() + 1;
        assert_eq!(n_read as u64, bank.position(), "nothing but it is passed over");

        let statement = bench.statement().await;
        names(topic, partitions[0]).await;
        let applied = statement.handle.statistics().n_applied;
        assert!(applied > 0 && statement.handle.freshness().connected, "others are followed");
        mend(&broker, topic.name(), partitions[0], was);
        eventually("nothing is told", async || topic.trouble().is_none()).await;
        statement.equals(&bank).await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}
