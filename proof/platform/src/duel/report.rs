//! The figures of both, side by side.

use std::io::Write as _;

use super::lines::Lines;
use crate::arguments::DuelOptions;

/// One turn of one Bank.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) overspent_minor: i64,
    pub(super) unanswered: usize,
    pub(super) lines: Lines,
}

/// Every turn.
pub(super) struct Report {
    scores: Vec<(&'static str, Score)>,
    how: String,
}

type Figure = (&'static str, fn(&Score) -> f64);

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
const FIGURES: [Figure; 8] = [
    ("approved per second", |score| score.per_second),
    ("p50, ms", |score| score.p50_ms),
    ("p99, ms", |score| score.p99_ms),
    ("overspent, R$", |score| score.overspent_minor as f64 / 100.0),
    ("lines lost after the kill", |score| score.lines.lost as f64),
    ("lines doubled", |score| score.lines.duplicate as f64),
    ("declines shown as bought", |score| score.lines.declined_as_bought as f64),
    ("without an answer", |score| score.unanswered as f64),
];

impl Report {
    pub(super) fn new(options: &DuelOptions) -> Report {
        let how = format!(
            "{} rounds in turns; each: {} payers for {} s, one card with a limit of R$ 100.00 by \
             all of them at once, and a SIGKILL in the middle of {} s more. One PostgreSQL, one \
             Kafka, `payment.PaymentService`. Medians [all rounds].",
            options.rounds, options.payers, options.seconds, options.seconds
        );
        Report { scores: Vec::new(), how }
    }

    pub(super) fn add(&mut self, name: &'static str, score: Score) {
        self.scores.push((name, score));
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{}\n", self.how)?;
        writeln!(out, "{:<27}{:>32}{:>32}", "", "original", "bancada")?;
        for (name, figure) in FIGURES {
            let of = |side| self.figures(side, figure);
            writeln!(out, "{name:<27}{:>32}{:>32}", of("original"), of("bancada"))?;
        }
        Ok(out.flush()?)
    }

    fn figures(&self, side: &str, figure: fn(&Score) -> f64) -> String {
        let of_side = self.scores.iter().filter(|(name, _)| *name == side);
        let mut all: Vec<_> = of_side.map(|(_, score)| figure(score)).collect();
        all.sort_by(f64::total_cmp);
        let shown: Vec<_> = all.iter().map(|figure| number(*figure)).collect();
        let median = all.get(all.len() / 2).map(|figure| number(*figure)).unwrap_or_default();
        format!("{median} [{}]", shown.join(", "))
    }
}

fn number(figure: f64) -> String {
    if figure.fract() == 0.0 || figure >= 1_000.0 {
        format!("{figure:.0}")
    } else {
        format!("{figure:.2}")
    }
}
