//! What librdkafka counts, as metrics.

use std::time::Instant;

use bancada_telemetry::metrics::RoundTrip;
use bancada_telemetry::{Metrics, clock};
use rdkafka::Statistics;
use rdkafka::statistics::{Partition, Topic};

use crate::topic::Topic as NamedTopic;

/// A client's setting, in milliseconds.
pub(crate) const EVERY: (&str, &str) = ("statistics.interval.ms", "5000");

/// The metrics of one client; they end with it.
#[derive(Debug)]
pub(crate) struct Counted {
    metrics: Metrics,
    client: &'static str,
    /// The topic that it reads.
    read: Option<NamedTopic>,
}

impl Counted {
    /// Of a client that writes.
    pub(crate) fn writing(metrics: &Metrics, client: &'static str) -> Counted {
        Counted { metrics: metrics.clone(), client, read: None }
    }

    /// Of a client that reads a topic.
    pub(crate) fn reading(metrics: &Metrics, client: &'static str, topic: &NamedTopic) -> Counted {
        Counted { metrics: metrics.clone(), client, read: Some(topic.clone()) }
    }

    pub(crate) fn set(&self, statistics: &Statistics) {
        self.metrics.set_kafka_round_trip(self.client, round_trip(statistics));
        match &self.read {
            None => {
                let (n_messages, n_bytes) = (statistics.msg_cnt, statistics.msg_size);
                self.metrics.set_kafka_queue(self.client, n_messages, n_bytes);
            }
            Some(topic) => {
                let Some(of_topic) = statistics.topics.get(topic.name()) else { return };
                let lag = lag(of_topic);
                lag.into_iter().for_each(|lag| self.metrics.set_kafka_lag(topic.name(), lag));
                if topic.progress.look(of_topic, Instant::now()) {
                    self.metrics.set_kafka_progress(topic.name(), clock::now().0);
                }
            }
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.metrics.forget_kafka_client(self.client);
        if let Some(topic) = &self.read {
            self.metrics.forget_kafka_topic(topic.name());
            topic.progress.forget();
        }
    }
}

/// Over the requests since it was last asked.
fn round_trip(statistics: &Statistics) -> Option<RoundTrip> {
    let answered = statistics.brokers.values().filter_map(|broker| broker.rtt.as_ref());
    let answered: Vec<_> = answered.filter(|window| window.cnt > 0).collect();
    let n_requests: i64 = answered.iter().map(|window| window.cnt).sum();
    let mean_us = answered.iter().map(|window| window.sum).sum::<i64>().checked_div(n_requests)?;
    let p99_us = answered.iter().map(|window| window.p99).max()?;
    Some(RoundTrip { mean_seconds: seconds(mean_us), p99_seconds: seconds(p99_us) })
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a request")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// Records that have not been handed over; `None` before the first answer of a broker.
pub(crate) fn lag(topic: &Topic) -> Option<i64> {
    // One is not a partition, but what librdkafka has for records without one.
    let known = topic.partitions.values().filter(|it| it.partition >= 0 && it.hi_offset >= 0);
    let lags: Vec<_> = known.map(partition_lag).collect();
    (!lags.is_empty()).then(|| lags.iter().sum())
}

fn partition_lag(partition: &Partition) -> i64 {
    let next = if partition.app_offset >= 0 {
        partition.app_offset
    } else {
        // Nothing was handed over yet, but it may have been fetched.
        partition.next_offset - partition.fetchq_cnt
    };
    (partition.hi_offset - next).max(0)
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics::{Broker, Window};

    use super::*;

    fn broker(cnt: i64, sum: i64, p99: i64) -> Broker {
        Broker { rtt: Some(Window { cnt, sum, p99, ..Window::default() }), ..Broker::default() }
    }

    #[test]
    fn round_trips_are_a_mean_over_all_requests_and_the_slowest_broker() {
        let of = |brokers: Vec<Broker>| {
            let named = brokers.into_iter().enumerate();
            let brokers = named.map(|(number, broker)| (number.to_string(), broker)).collect();
            round_trip(&Statistics { brokers, ..Statistics::default() })
        };
        let expected = RoundTrip { mean_seconds: 0.002, p99_seconds: 0.009 };
        let brokers = vec![broker(3, 3_000, 9_000), broker(1, 5_000, 5_000), broker(0, 0, 90_000)];
        assert_eq!(of(brokers), Some(expected));
        assert_eq!(of(vec![broker(0, 0, 0), Broker::default()]), None);
    }

    #[test]
    fn the_lag_is_what_was_not_handed_over_in_partitions_that_are_known() {
        let partition = |partition, hi_offset, app_offset, next_offset, fetchq_cnt| {
            let known = Partition { partition, hi_offset, app_offset, ..Partition::default() };
            (partition, Partition { next_offset, fetchq_cnt, ..known })
        };
        let lag = |partitions: &[(i32, Partition)]| {
            let partitions = partitions.iter().cloned().collect();
            lag(&Topic { partitions, ..Topic::default() })
        };
        assert_eq!(lag(&[]), None);
        assert_eq!(lag(&[partition(0, -1001, -1001, 7, 0)]), None);
        assert_eq!(lag(&[partition(0, 10, 7, 10, 3), partition(1, -1001, -1001, 0, 0)]), Some(3));
        assert_eq!(lag(&[partition(0, 10, -1001, 10, 4), partition(1, 5, 5, 5, 0)]), Some(4));
        // Behind its beginning, and the one without a number.
        assert_eq!(lag(&[partition(0, 3, 9, 9, 0), partition(-1, 8, 0, 0, 0)]), Some(0));
    }
}
