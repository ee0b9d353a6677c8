//! What the clients of Apache Kafka say about themselves, every few seconds.

use prometheus::core::{Collector, MetricVec, MetricVecBuilder};
use prometheus::{GaugeVec, IntGaugeVec, Opts};

use super::{Metrics, gauges, metric};

/// One gauge for each client, and the lag for each topic.
#[derive(Clone, Debug)]
pub(super) struct KafkaMetrics {
    queue_messages: IntGaugeVec,
    queue_bytes: IntGaugeVec,
    round_trip_mean: GaugeVec,
    round_trip_p99: GaugeVec,
    consumer_lag: IntGaugeVec,
    consumer_progress: GaugeVec,
}

/// The last few seconds' requests to brokers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundTrip {
    /// The mean over all brokers, in seconds.
    pub mean_seconds: f64,
    /// The 99th percentile of the broker where it is highest, in seconds.
    pub p99_seconds: f64,
}

impl KafkaMetrics {
    pub(super) fn new() -> KafkaMetrics {
        let seconds = |name, help| metric(GaugeVec::new(Opts::new(name, help), &["client"]));
        KafkaMetrics {
            queue_messages: gauges(
                "bancada_kafka_producer_queue_messages",
                "Records that a client has to write and no broker has acknowledged.",
                &["client"],
            ),
            queue_bytes: gauges(
                "bancada_kafka_producer_queue_bytes",
                "Size of the records that a client has to write and no broker has acknowledged.",
                &["client"],
            ),
            round_trip_mean: seconds(
                "bancada_kafka_round_trip_mean_seconds",
                "Time from a request to a broker's answer: the mean of the last seconds.",
            ),
            round_trip_p99: seconds(
                "bancada_kafka_round_trip_p99_seconds",
                "Time from a request to a broker's answer: the 99th percentile of the last \
                 seconds, of the broker where it is highest.",
            ),
            consumer_lag: gauges(
                "bancada_kafka_consumer_lag_records",
                "Records of a topic that this process has not read yet, over all partitions.",
                &["topic"],
            ),
            consumer_progress: metric(GaugeVec::new(
                Opts::new(
                    "bancada_kafka_consumer_progress_timestamp_seconds",
                    "When this process last got on with a topic, or was at its end; in seconds \
                     since 1970. It stands while records wait and none is read.",
                ),
                &["topic"],
            )),
        }
    }

    pub(super) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        vec![
            Box::new(self.queue_messages.clone()),
            Box::new(self.queue_bytes.clone()),
            Box::new(self.round_trip_mean.clone()),
            Box::new(self.round_trip_p99.clone()),
            Box::new(self.consumer_lag.clone()),
            Box::new(self.consumer_progress.clone()),
        ]
    }
}

impl Metrics {
    /// What a client, by what it does here, has to write and no broker has acknowledged.
    pub fn set_kafka_queue(&self, client: &str, n_messages: u64, n_bytes: u64) {
        let signed = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.kafka.queue_messages.with_label_values(&[client]).set(signed(n_messages));
        self.kafka.queue_bytes.with_label_values(&[client]).set(signed(n_bytes));
    }

    /// How long brokers took to answer a client; `None` where nothing was asked lately.
    pub fn set_kafka_round_trip(&self, client: &str, round_trip: Option<RoundTrip>) {
        let (mean, p99) = (&self.kafka.round_trip_mean, &self.kafka.round_trip_p99);
        match round_trip {
            Some(RoundTrip { mean_seconds, p99_seconds }) => {
                mean.with_label_values(&[client]).set(mean_seconds);
                p99.with_label_values(&[client]).set(p99_seconds);
            }
            None => {
                forget(mean, client);
                forget(p99, client);
            }
        }
    }

    /// How many records of a topic have not been read.
    pub fn set_kafka_lag(&self, topic: &str, n_records: i64) {
        self.kafka.consumer_lag.with_label_values(&[topic]).set(n_records);
    }

    /// When a topic was last got on with, in milliseconds since 1970.
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are exact until 287396"
    )]
    pub fn set_kafka_progress(&self, topic: &str, now_ms: i64) {
        let seconds = now_ms as f64 / 1_000.0;
        self.kafka.consumer_progress.with_label_values(&[topic]).set(seconds);
    }

    /// A client is gone: nobody knows its figures any more.
    pub fn forget_kafka_client(&self, client: &str) {
        let kafka = &self.kafka;
        forget(&kafka.queue_messages, client);
        forget(&kafka.queue_bytes, client);
        self.set_kafka_round_trip(client, None);
    }

    /// A topic is not read any more.
    pub fn forget_kafka_topic(&self, topic: &str) {
        forget(&self.kafka.consumer_lag, topic);
        forget(&self.kafka.consumer_progress, topic);
    }
}

/// A value that is not there is as good as forgotten.
fn forget<T: MetricVecBuilder>(gauges: &MetricVec<T>, label: &str) {
    let _ = gauges.remove_label_values(&[label]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_says_is_there_until_it_is_gone() {
        let metrics = Metrics::new();
        let round_trip = Some(RoundTrip { mean_seconds: 0.002, p99_seconds: 0.5 });
        metrics.set_kafka_queue("producer", 3, 700);
        metrics.set_kafka_round_trip("producer", round_trip);
        metrics.set_kafka_lag("payments", 9);
        let text = metrics.text();
        for line in [
            r#"bancada_kafka_producer_queue_messages{client="producer"} 3"#,
            r#"bancada_kafka_producer_queue_bytes{client="producer"} 700"#,
            r#"bancada_kafka_round_trip_mean_seconds{client="producer"} 0.002"#,
            r#"bancada_kafka_round_trip_p99_seconds{client="producer"} 0.5"#,
            r#"bancada_kafka_consumer_lag_records{topic="payments"} 9"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        metrics.set_kafka_round_trip("producer", None);
        assert!(!metrics.text().contains("round_trip"), "nothing was asked lately");
        metrics.forget_kafka_client("producer");
        metrics.forget_kafka_topic("payments");
        assert!(!metrics.text().contains("bancada_kafka"), "{}", metrics.text());
    }
}
