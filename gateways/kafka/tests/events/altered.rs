//! Topics that somebody alters while the broker is up and payments flow.

use crate::shape::n_records;
use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::{Broker, add_partitions, alter_topic, delete_topic};

#[test]
fn nothing_is_written_to_a_topic_that_is_altered_until_it_is_set_back() {
    let broker = Broker::shared();
    run(async {
        let address = broker.address();
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let bank = bench.bank().await;
        let is_delivered = async || bank.handle.n_delivered() == Some(bank.position());
        bank.pay_often(20).await;
        eventually("everything is delivered", is_delivered).await;
        // It is told by what it was altered to, payments go on, and none of them is on the topic.
        let waits = async |said: &str| {
            eventually("the alteration is seen", async || {
                topic.wrong().is_some_and(|wrong| wrong.to_string().contains(said))
            })
            .await;
            let (delivered, there) = (bank.handle.n_delivered(), n_records(&broker, topic));
            bank.pay_often(20).await;
            assert!(bank.handle.n_delivered() < Some(bank.position()));
            assert_eq!(bank.handle.n_delivered(), delivered);
            assert_eq!(n_records(&broker, topic), there);
        };

        alter_topic(&address, topic.name(), ("retention.ms", "3600000")).await;
        waits("its retention.ms is \"3600000\", not \"-1\"").await;
        alter_topic(&address, topic.name(), ("retention.ms", "-1")).await;
        eventually("it goes on", is_delivered).await;
        assert_eq!(topic.wrong(), None);

        add_partitions(&address, topic.name(), 7).await;
        waits("it has 7 partitions, not 6").await;
        delete_topic(&address, topic.name()).await;
        eventually("it goes on", is_delivered).await;
        assert_eq!(topic.wrong(), None);
        bank.tree.shutdown().await;
    });
}
