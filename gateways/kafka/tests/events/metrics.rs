//! What the clients count, against a real broker.

use bancada_testbed::bench::*;
use bancada_testbed::eventually;
use bancada_testbed::kafka::Broker;

/// The value of a metric, if it is there.
fn value(bench: &Bench, name: &str) -> Option<f64> {
    let text = bench.metrics.text();
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn the_clients_say_how_much_waits_and_how_long_brokers_take() {
    let broker = Broker::shared();
    run(async {
        let bench = Bench::new(Transport::kafka(&broker));
        let Transport::Kafka(topic) = &bench.transport else { unreachable!() };
        let bank = bench.bank().await;
        bank.pay_often(40).await;
        eventually("the producer says how it is", async || {
            bank.pay_often(1).await;
            let queue =
                value(&bench, r#"bancada_kafka_producer_queue_messages{client="producer"}"#);
            let bytes = value(&bench, r#"bancada_kafka_producer_queue_bytes{client="producer"}"#);
            let mean = value(&bench, r#"bancada_kafka_round_trip_mean_seconds{client="producer"}"#);
            let p99 = value(&bench, r#"bancada_kafka_round_trip_p99_seconds{client="producer"}"#);
            let took =
                mean.zip(p99).is_some_and(|(mean, p99)| 0.0 < mean && mean < 10.0 && p99 > 0.0);
            took && queue.is_some() && bytes.is_some()
        })
        .await;
        let lag = format!("bancada_kafka_consumer_lag_records{{topic=\"{}\"}}", topic.name());
        assert_eq!(value(&bench, &lag), None, "nobody reads it");
        let statement = bench.statement().await;
        statement.equals(&bank).await;
        eventually("it has read everything", async || value(&bench, &lag) == Some(0.0)).await;

        statement.tree.shutdown().await;
        bank.tree.shutdown().await;
        assert!(!bench.metrics.text().contains("bancada_kafka_"), "what is gone says nothing");
    });
}
