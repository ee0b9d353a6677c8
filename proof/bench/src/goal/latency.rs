//! G3: latency at half load in an open loop, and of a single caller.

use crate::cards::Cards;
use crate::comparison::Plan;
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue};
use crate::load::{closed, ms_at, open};
use crate::machine::Weather;
use crate::side::{bank, echo};
use crate::statistics::{Ratio, median};

const N_CHANNELS: usize = 4;
/// More than are ever in progress at half load.
const MAX_OUTSTANDING: usize = 2_048;

/// One round, in milliseconds.
struct Latency {
    payment: f64,
    echo: f64,
    sync: f64,
    /// The Bank's commits, those that took longest.
    commit: f64,
}

impl Latency {
    /// Over what an echo and so many syncs take.
    fn ratio(&self, n_syncs: f64) -> f64 {
        self.payment / (self.echo + n_syncs * self.sync)
    }
}

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let cards = Cards::new(1_000);
    let bank = bank::start(bank::Stores::in_file(&plan.folder, "latency.sqlite3")?)?;
    let payments = channels(bank.address, N_CHANNELS)?;
    issue(&payments[0], &cards).await?;
    let echoes = channels(echo::start()?, N_CHANNELS)?;
    let (durable, bare) = (Unary::targets(&payments, &cards), Unary::targets(&echoes, &cards));
    let peak = closed(&durable, plan.concurrency, plan.length).await?.per_second;
    let (mut loaded, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let disk = Weather::probe(&plan.folder)?;
        let echo = open(&bare, peak / 2.0, MAX_OUTSTANDING, plan.length).await?;
        bank.take_commit_times();
        let payment = open(&durable, peak / 2.0, MAX_OUTSTANDING, plan.length).await?;
        let commit = ms_at(&bank.take_commit_times(), 0.99);
        let (payment, echo) = (payment.ms(0.99), echo.ms(0.99));
        loaded.push(Latency { payment, echo, sync: disk.sync_p99_ms, commit });
        let disk = Weather::probe(&plan.folder)?;
        let echo = closed(&bare, 1, plan.length).await?;
        bank.take_commit_times();
        let payment = closed(&durable, 1, plan.length).await?;
        let commit = ms_at(&bank.take_commit_times(), 0.5);
        let (payment, echo) = (payment.ms(0.5), echo.ms(0.5));
        alone.push(Latency { payment, echo, sync: disk.sync_p50_ms, commit });
    }
    Ok(vec![
        figure("p99 at half load / (echo + 2.5 syncs)", &loaded, 2.5),
        figure("p50 of one caller / (echo + 1.2 syncs)", &alone, 1.2),
    ])
}

fn figure(what: &str, rounds: &[Latency], n_syncs: f64) -> Figure {
    let ms = |of: fn(&Latency) -> f64| median(rounds.iter().map(of));
    let (payment, echo) = (ms(|it| it.payment), ms(|it| it.echo));
    let (sync, commit) = (ms(|it| it.sync), ms(|it| it.commit));
    let ratios: Vec<f64> = rounds.iter().map(|it| it.ratio(n_syncs)).collect();
    let detail = format!(
        "payment {payment:.2} ms, echo {echo:.2} ms, sync {sync:.2} ms, commit {commit:.2} ms"
    );
    Figure {
        goal: "G3",
        what: what.to_owned(),
        wanted: Wanted::AtMost,
        target: 1.0,
        measured: Ratio::of(&ratios),
        comparison: None,
        detail: Some(detail),
    }
}
