//! The process's metrics, in one registry that Prometheus scrapes.
//!
//! Names follow Prometheus' conventions: a unit in the name, `_total` for counters. Labels have
//! few values: a route's template, never a path; an outcome, never a card.

mod kafka;

use std::sync::Arc;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder as _, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

pub use kafka::RoundTrip;

use kafka::KafkaMetrics;

/// Seconds: from a group commit on a fast disk to a request at its deadline.
const LATENCY_SECONDS: &[f64] = &[
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];
/// Entries per group commit: powers of two up to the largest batch.
const BATCH_ENTRIES: &[f64] = &[1., 2., 4., 8., 16., 32., 64., 128., 256., 512., 1024.];

/// What this process counts. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    http_requests: IntCounterVec,
    http_seconds: HistogramVec,
    grpc_requests: IntCounterVec,
    grpc_seconds: HistogramVec,
    authorizations: IntCounterVec,
    commit_entries: Histogram,
    commit_seconds: Histogram,
    restarts: IntCounterVec,
    escalations: IntCounter,
    in_flight: IntGaugeVec,
    statement_lag: IntGauge,
    statement_events: IntCounterVec,
    statement_cards_behind: IntCounter,
    statement_cards_held: IntGauge,
    delivery_lag: IntGauge,
    journal_position: IntGauge,
    snapshot_position: IntGauge,
    snapshot_seconds: Gauge,
    breaker: IntGaugeVec,
    kafka: Arc<KafkaMetrics>,
}

impl Metrics {
    /// Metrics at zero, in a registry of their own.
    pub fn new() -> Metrics {
        let registry = Registry::new();
        let metrics = Metrics {
            http_requests: counters(
                "bancada_http_requests_total",
                "HTTP requests answered.",
                &["method", "route", "status"],
            ),
            http_seconds: histograms(
                "bancada_http_request_duration_seconds",
                "Time from an HTTP request to its answer.",
                &["method", "route"],
            ),
            grpc_requests: counters(
                "bancada_grpc_requests_total",
                "gRPC calls answered, by side (server, client).",
                &["side", "method", "code"],
            ),
            grpc_seconds: histograms(
                "bancada_grpc_request_duration_seconds",
                "Time from a gRPC call to its answer, by side (server, client).",
                &["side", "method"],
            ),
            authorizations: counters(
                "bancada_authorizations_total",
                "Payments decided, by outcome: approved, declined, replayed, or the error.",
                &["outcome"],
            ),
            commit_entries: histogram(
                "bancada_journal_commit_entries",
                "Entries that became durable with one sync.",
                BATCH_ENTRIES,
            ),
            commit_seconds: histogram(
                "bancada_journal_commit_duration_seconds",
                "Time of one group commit, sync included.",
                LATENCY_SECONDS,
            ),
            restarts: counters(
                "bancada_actor_restarts_total",
                "Restarts by child and reason.",
                &["child", "reason"],
            ),
            escalations: metric(IntCounter::new(
                "bancada_supervisor_escalations_total",
                "Supervisors that used up their restarts.",
            )),
            in_flight: gauges(
                "bancada_mailbox_in_flight",
                "Requests in or before an actor's mailbox.",
                &["child"],
            ),
            statement_lag: gauge(
                "bancada_statement_lag_events",
                "Events the Bank has committed and the statement has not applied.",
            ),
            statement_events: counters(
                "bancada_statement_events_total",
                "Events that came to the statement, by what became of them: applied, duplicate, \
                 held, dead_letter.",
                &["result"],
            ),
            statement_cards_behind: IntCounter::new(
                "bancada_statement_cards_behind_total",
                "Cards found to have missed events although nothing came after them.",
            )
            .expect("a constant name"),
            statement_cards_held: gauge(
                "bancada_statement_cards_held",
                "Cards whose statement waits for missed events.",
            ),
            delivery_lag: gauge(
                "bancada_outbox_lag_events",
                "Events the Bank has committed and the broker has not acknowledged.",
            ),
            journal_position: gauge(
                "bancada_journal_position",
                "Position of the last durable entry.",
            ),
            snapshot_position: gauge(
                "bancada_snapshot_position",
                "Position of the last snapshot that this process made; 0 before the first.",
            ),
            snapshot_seconds: metric(Gauge::new(
                "bancada_snapshot_duration_seconds",
                "Time that the last snapshot took, beside the payments.",
            )),
            breaker: gauges(
                "bancada_circuit_state",
                "Circuit breakers: 0 closed, 1 half-open, 2 open.",
                &["to"],
            ),
            kafka: Arc::new(KafkaMetrics::new()),
            registry,
        };
        metrics.register();
        metrics
    }

    fn register(&self) {
        let collectors: Vec<Box<dyn Collector>> = vec![
            Box::new(self.http_requests.clone()),
            Box::new(self.http_seconds.clone()),
            Box::new(self.grpc_requests.clone()),
            Box::new(self.grpc_seconds.clone()),
            Box::new(self.authorizations.clone()),
            Box::new(self.commit_entries.clone()),
            Box::new(self.commit_seconds.clone()),
            Box::new(self.restarts.clone()),
            Box::new(self.escalations.clone()),
            Box::new(self.in_flight.clone()),
            Box::new(self.statement_lag.clone()),
            Box::new(self.statement_events.clone()),
            Box::new(self.statement_cards_behind.clone()),
            Box::new(self.statement_cards_held.clone()),
            Box::new(self.delivery_lag.clone()),
            Box::new(self.journal_position.clone()),
            Box::new(self.snapshot_position.clone()),
            Box::new(self.snapshot_seconds.clone()),
            Box::new(self.breaker.clone()),
        ];
        for collector in collectors.into_iter().chain(self.kafka.collectors()) {
            self.registry.register(collector).expect("every name above is different");
        }
        #[cfg(target_os = "linux")]
        self.registry
            .register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))
            .expect("its names are not ours");
    }

    /// An HTTP request was answered. `route` is the template, e.g. `/orders/{id}`.
    /// A method that is none of HTTP's is "other": a label from a closed set, for a client that
    /// makes methods up would make series up.
    pub fn http_answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = http_method(method);
        self.http_requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.http_seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }

    /// A gRPC call was answered with a status code's name.
    pub fn grpc_answered(&self, side: &str, method: &str, code: &str, took: Duration) {
        self.grpc_requests.with_label_values(&[side, method, code]).inc();
        self.grpc_seconds.with_label_values(&[side, method]).observe(took.as_secs_f64());
    }

    /// A payment was decided.
    pub fn authorized(&self, outcome: &str) {
        self.authorizations.with_label_values(&[outcome]).inc();
    }

    /// A group commit became durable.
    pub fn committed(&self, n_entries: usize, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "at most some thousands")]
        self.commit_entries.observe(n_entries as f64);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A child was restarted.
    pub fn restarted(&self, child: &str, reason: &str) {
        self.restarts.with_label_values(&[child, reason]).inc();
    }

    /// A supervisor gave up.
    pub fn escalated(&self) {
        self.escalations.inc();
    }

    /// How many requests wait for a child.
    pub fn set_in_flight(&self, child: &str, count: usize) {
        self.in_flight.with_label_values(&[child]).set(signed(count));
    }

    /// How far the statement is behind.
    pub fn set_statement_lag(&self, events: u64) {
        self.statement_lag.set(i64::try_from(events).unwrap_or(i64::MAX));
    }

    /// What has become of the events that came to the statement since its start: words and counts.
    pub fn set_statement_events(&self, counts: &[(&str, u64)]) {
        for (result, count) in counts {
            raise(&self.statement_events.with_label_values(&[result]), *count);
        }
    }

    /// Cards that were found behind since the start, and those that wait now.
    pub fn set_statement_cards(&self, n_behind: u64, n_held: u64) {
        raise(&self.statement_cards_behind, n_behind);
        self.statement_cards_held.set(i64::try_from(n_held).unwrap_or(i64::MAX));
    }

    /// How far the journal has come, and how far the broker is behind it.
    pub fn set_journal(&self, committed: u64, delivered: Option<u64>) {
        self.journal_position.set(i64::try_from(committed).unwrap_or(i64::MAX));
        let lag = delivered.map_or(0, |delivered| committed.saturating_sub(delivered));
        self.delivery_lag.set(i64::try_from(lag).unwrap_or(i64::MAX));
    }

    /// A snapshot of the ledger was made.
    pub fn snapshot_made(&self, position: u64, took: Duration) {
        self.snapshot_position.set(i64::try_from(position).unwrap_or(i64::MAX));
        self.snapshot_seconds.set(took.as_secs_f64());
    }

    /// The state of a circuit breaker: 0 closed, 1 half-open, 2 open.
    pub fn set_breaker(&self, to: &str, state: i64) {
        self.breaker.with_label_values(&[to]).set(state);
    }

    /// Everything, in Prometheus' text format (version 0.0.4).
    pub fn text(&self) -> String {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .expect("a vector takes every byte");
        String::from_utf8(text).expect("the format is text")
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

/// Methods of HTTP (RFC 9110, 9.3; RFC 5789), and what stands for a request that nobody could read.
const HTTP_METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "unread"];

fn http_method(method: &str) -> &'static str {
    HTTP_METHODS.into_iter().find(|known| *known == method).unwrap_or("other")
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The constants above are valid names; a test makes them all.
fn metric<T>(made: prometheus::Result<T>) -> T {
    made.expect("a constant is a valid metric name")
}

fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    metric(IntCounterVec::new(Opts::new(name, help), labels))
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    metric(IntGaugeVec::new(Opts::new(name, help), labels))
}

fn gauge(name: &str, help: &str) -> IntGauge {
    metric(IntGauge::new(name, help))
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    metric(Histogram::with_opts(options))
}

fn histograms(name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(LATENCY_SECONDS.to_vec());
    metric(HistogramVec::new(options, labels))
}

/// A counter that somebody else counts. It never goes back.
fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.clone().http_answered("GET", "/orders/{id}", 200, Duration::from_millis(3));
        metrics.grpc_answered("server", "BankService/Authorize", "Ok", Duration::from_millis(1));
        metrics.authorized("approved");
        metrics.committed(5, Duration::from_micros(700));
        metrics.restarted("bank/ledger", "panicked");
        metrics.escalated();
        metrics.set_in_flight("bank/ledger", 7);
        metrics.set_statement_lag(3);
        metrics.set_statement_events(&[("applied", 5), ("held", 1)]);
        metrics.set_statement_events(&[("applied", 7), ("held", 1)]);
        metrics.set_statement_cards(2, 1);
        metrics.set_journal(10, Some(4));
        metrics.set_breaker("bank", 2);
        metrics.snapshot_made(9, Duration::from_millis(1_500));
        let text = metrics.text();
        for line in [
            r#"bancada_http_requests_total{method="GET",route="/orders/{id}",status="200"} 1"#,
            r#"bancada_authorizations_total{outcome="approved"} 1"#,
            r#"bancada_journal_commit_entries_bucket{le="8"} 1"#,
            "bancada_journal_commit_entries_sum 5",
            r#"bancada_actor_restarts_total{child="bank/ledger",reason="panicked"} 1"#,
            r#"bancada_mailbox_in_flight{child="bank/ledger"} 7"#,
            "bancada_snapshot_position 9",
            "bancada_snapshot_duration_seconds 1.5",
            "bancada_statement_lag_events 3",
            r#"bancada_statement_events_total{result="applied"} 7"#,
            r#"bancada_statement_events_total{result="held"} 1"#,
            "bancada_statement_cards_behind_total 2",
            "bancada_statement_cards_held 1",
            "bancada_outbox_lag_events 6",
            r#"bancada_circuit_state{to="bank"} 2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }
}
