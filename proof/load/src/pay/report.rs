//! What the payers saw, added up.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::log::{Answer, Paid};

/// Two significant digits up to five minutes, in microseconds.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(300_000_000, 3).expect("constants within the library's bounds")
}

/// One payer's share.
pub(crate) struct Tally {
    answers: BTreeMap<&'static str, u64>,
    n_retries: u64,
    latency_us: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally { answers: BTreeMap::new(), n_retries: 0, latency_us: histogram() }
    }

    pub(crate) fn count(&mut self, paid: &Paid) {
        let word = match paid.answer {
            Answer::Approved => "approved",
            Answer::Declined => "declined",
            Answer::Unknown => "unknown",
        };
        *self.answers.entry(word).or_default() += 1;
        self.n_retries += u64::from(paid.attempts.saturating_sub(1));
        if paid.answer != Answer::Unknown {
            self.latency_us.saturating_record(paid.took_us);
        }
    }
}

/// Everybody's shares.
pub struct Report {
    sum: Tally,
    /// From the first payment to the last answer.
    pub took: Duration,
}

/// The report in numbers: what is printed, and the JSON of `bancada load --output json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// From the first payment to the last answer.
    pub seconds: f64,
    /// Payments whose outcome is known.
    pub payments_per_second: f64,
    /// How often each answer was given: approved, declined, unknown.
    pub answers: BTreeMap<&'static str, u64>,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Microseconds from when a payment was due to its answer, by quantile and "max".
    pub latency_us: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(crate) fn new() -> Report {
        Report { sum: Tally::new(), took: Duration::ZERO }
    }

    pub(crate) fn add(&mut self, tally: &Tally) {
        for (word, count) in &tally.answers {
            *self.sum.answers.entry(word).or_default() += count;
        }
        self.sum.n_retries += tally.n_retries;
        self.sum.latency_us += &tally.latency_us;
    }

    /// Payments whose outcome is known.
    pub fn n_answered(&self) -> u64 {
        self.sum.latency_us.len()
    }

    /// What there is to say.
    pub fn numbers(&self) -> Numbers {
        let latency = &self.sum.latency_us;
        let at = |quantile| latency.value_at_quantile(quantile);
        let seconds = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let payments_per_second = self.n_answered() as f64 / seconds;
        Numbers {
            seconds,
            payments_per_second,
            answers: self.sum.answers.clone(),
            retries: self.sum.n_retries,
            latency_us: BTreeMap::from([
                ("p50", at(0.5)),
                ("p95", at(0.95)),
                ("p99", at(0.99)),
                ("p99.9", at(0.999)),
                ("max", latency.max()),
            ]),
        }
    }
}
