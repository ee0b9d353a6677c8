//! What the payers saw, added up.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::arguments::Output;
use crate::load_log::{Answer, Paid};

/// Two significant digits up to five minutes, in microseconds.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(300_000_000, 3).expect("constants within the library's bounds")
}

/// One payer's share.
pub(super) struct Tally {
    answers: BTreeMap<&'static str, u64>,
    n_retries: u64,
    latency_us: Histogram<u64>,
}

impl Tally {
    pub(super) fn new() -> Tally {
        Tally { answers: BTreeMap::new(), n_retries: 0, latency_us: histogram() }
    }

    pub(super) fn count(&mut self, paid: &Paid) {
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
pub(super) struct Report {
    sum: Tally,
}

#[derive(Serialize)]
struct Numbers {
    seconds: f64,
    payments_per_second: f64,
    answers: BTreeMap<&'static str, u64>,
    retries: u64,
    latency_us: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) fn new() -> Report {
        Report { sum: Tally::new() }
    }

    pub(super) fn add(&mut self, tally: Tally) -> anyhow::Result<()> {
        for (word, count) in tally.answers {
            *self.sum.answers.entry(word).or_default() += count;
        }
        self.sum.n_retries += tally.n_retries;
        self.sum.latency_us.add(tally.latency_us)?;
        Ok(())
    }

    /// Payments whose outcome is known.
    pub(super) fn n_answered(&self) -> u64 {
        self.sum.latency_us.len()
    }

    pub(super) fn print(&self, took: Duration, output: Output) -> anyhow::Result<()> {
        let at = |quantile| self.sum.latency_us.value_at_quantile(quantile);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let per_second = self.n_answered() as f64 / took.as_secs_f64();
        let numbers = Numbers {
            seconds: took.as_secs_f64(),
            payments_per_second: per_second,
            answers: self.sum.answers.clone(),
            retries: self.sum.n_retries,
            latency_us: BTreeMap::from([
                ("p50", at(0.5)),
                ("p95", at(0.95)),
                ("p99", at(0.99)),
                ("p99.9", at(0.999)),
                ("max", self.sum.latency_us.max()),
            ]),
        };
        let mut out = std::io::stdout().lock();
        if output == Output::Json {
            writeln!(out, "{}", serde_json::to_string_pretty(&numbers)?)?;
            return Ok(());
        }
        writeln!(out, "{per_second:.0} payments/s over {:.1} s", numbers.seconds)?;
        for (word, count) in &numbers.answers {
            writeln!(out, "  {word:<9} {count:>9}")?;
        }
        writeln!(out, "  {:<9} {:>9}", "retries", numbers.retries)?;
        let ms = |us: u64| {
            #[expect(clippy::cast_precision_loss, reason = "a latency for people")]
            let us = us as f64;
            us / 1_000.0
        };
        for name in ["p50", "p95", "p99", "p99.9", "max"] {
            writeln!(out, "  {name:<9} {:>9.2} ms", ms(numbers.latency_us[name]))?;
        }
        Ok(())
    }
}
