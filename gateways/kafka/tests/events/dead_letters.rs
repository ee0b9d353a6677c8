//! Records that the statement could not read, on their way to the topic of dead letters.

use std::sync::Arc;

use rdkafka::message::Message as _;

use crate::contract::Forgetful;
use crate::faults::produce;
use crate::shape::n_records;
use crate::topic::{header, read};
use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::{Broker, delete_topic, make_topic};

#[test]
fn a_record_that_is_no_event_is_on_the_topic_of_dead_letters_once_and_as_it_came() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let aside = bench.dead_letters();
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        statement.equals(&bank).await;
        let first = b"{\"status\": \"\xff\"";
        produce(&broker, topic, token(0).as_str(), first);
        eventually("it is put aside", async || n_records(&broker, &aside) == Some(1)).await;
        statement.tree.shutdown().await;

        // Everything is read again, with another one after it.
        let statement = bench.statement_from(|source| Arc::new(Forgetful(source))).await;
        produce(&broker, topic, "not a card", b"");
        eventually("so is the other", async || n_records(&broker, &aside) == Some(2)).await;
        statement.equals(&bank).await;
        let mut records = read(&broker, aside.name(), 2);
        records.sort_by_key(|record| record.payload().map(<[u8]>::len));
        assert_eq!(records[1].payload(), Some(&first[..]));
        assert_eq!(records[1].key(), Some(token(0).as_str().as_bytes()));
        assert_eq!(records[0].key(), None, "it names no card");
        let why = header(&records[1], "why").unwrap();
        assert!(why.contains("the value is not an event"), "{why}");
        let place = header(&records[1], "place").unwrap();
        let (partition, offset) = place.split_once('/').unwrap();
        assert!(partition.parse::<u8>().is_ok() && offset.parse::<u8>().is_ok(), "{place}");
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}

#[test]
fn a_statement_goes_on_while_nobody_takes_its_dead_letters() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let aside = bench.dead_letters();
        make_topic(&broker.address(), aside.name(), 1, &[]).await;
        let bank = bench.bank().await;
        let statement = bench.statement().await;
        produce(&broker, topic, token(0).as_str(), b"{");
        bank.pay_often(20).await;
        statement.equals(&bank).await;
        eventually("it is put aside", async || statement.handle.statistics().n_dead_letters == 1)
            .await;
        bank.pay_often(20).await;
        statement.equals(&bank).await;
        assert_eq!(n_records(&broker, &aside), Some(0), "the topic is another one's");

        delete_topic(&broker.address(), aside.name()).await;
        eventually("it is handed on", async || n_records(&broker, &aside) == Some(1)).await;
        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
    });
}
