//! Every codec that Kafka has: a cluster may compress what is written to it in any of them.

use bancada_kafka::TopicPast;

use crate::bills::{Topics, balance_of, payment_of, send};
use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::{Broker, make_topic};

const CODECS: [&str; 4] = ["gzip", "snappy", "lz4", "zstd"];

/// As Bancada makes it, but for what the broker makes of every batch.
async fn make(broker: &Broker, name: &str, codec: &str) {
    let settings = [("retention.ms", "-1"), ("retention.bytes", "-1"), ("compression.type", codec)];
    make_topic(&broker.address(), name, 6, &settings).await;
}

#[test]
fn events_are_read_in_every_codec_by_the_statement_and_by_who_reads_the_past() {
    let broker = Broker::shared();
    for codec in CODECS {
        run(async {
            let bench = Bench::new(Transport::kafka(&broker));
            let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
            make(&broker, topic.name(), codec).await;
            let bank = bench.bank().await;
            bank.pay_often(20).await;
            eventually("everything is delivered", async || {
                bank.handle.n_delivered() == Some(bank.position())
            })
            .await;
            let mut past = TopicPast::new(topic.clone());
            let records = past.read_on().await.unwrap();
            assert_eq!(records.len() as u64, bank.position(), "{codec}");
            assert!(records.iter().all(|record| record.event().is_ok()), "{codec}");
            let statement = bench.statement().await;
            statement.equals(&bank).await;
            let counted = statement.handle.statistics();
            assert_eq!((counted.n_held, counted.n_behind), (0, 0), "{codec}: none is repaired");
            assert_eq!((topic.trouble(), past.unreadable()), (None, &[][..]), "{codec}");
            statement.tree.shutdown().await;
            bank.tree.shutdown().await;
        });
    }
}

#[test]
fn payments_of_bills_are_booked_in_every_codec() {
    let broker = Broker::shared();
    for codec in CODECS {
        run(async {
            let bench = Bench::new(Transport::Feed);
            let bank = bench.bank().await;
            let topics = Topics::new(&broker);
            make(&broker, topics.bills.name(), codec).await;
            let consumer = topics.consumer(&bank).await;
            let (bills, producer) = topics.producer().await;
            send(&bills, &payment_of(0, "a", 100)).await;
            eventually(codec, async || balance_of(&bank, 0).await == -100).await;
            for tree in [consumer, producer, bank.tree] {
                tree.shutdown().await;
            }
        });
    }
}
