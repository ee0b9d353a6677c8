//! G7: how far the statement is behind the Bank through a broker, and what it costs when the
//! broker is away.

use std::time::{Duration, Instant};

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue};
use crate::load::{closed, ms_at, open};
use crate::machine::Weather;
use crate::side::bank::{self, RunningBank};
use crate::side::broker::Broker;
use crate::side::statement::{self, RunningStatement};
use crate::statistics::{Ratio, median};

const N_CHANNELS: usize = 4;
/// More than are ever in progress at half load.
const MAX_OUTSTANDING: usize = 2_048;
/// The broker is away for so many rounds' time before what has waited is delivered.
const OUTAGE_ROUNDS: u32 = 5;
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A Bank, a broker and a statement, and who pays.
struct Path {
    bank: RunningBank,
    broker: Broker,
    statement: RunningStatement,
    payers: Vec<Unary>,
}

impl Path {
    async fn start(plan: &Plan) -> anyhow::Result<Path> {
        let broker = Broker::start(&plan.folder).await?;
        let stores = bank::Stores::in_file(&plan.folder, "statement-bank.sqlite3")?;
        let bank = bank::start(stores.delivering(&plan.folder, broker.brokers()?)?)?;
        let statement = statement::start(&plan.folder, bank.address, broker.brokers()?)?;
        let cards = Cards::new(1_000);
        let channels = channels(bank.address, N_CHANNELS)?;
        issue(&channels[0], &cards).await?;
        let payers = Unary::targets(&channels, &cards);
        let path = Path { bank, broker, statement, payers };
        path.is_quiet().await;
        Ok(path)
    }

    /// Waits until everything that was paid is on the statement.
    async fn is_quiet(&self) {
        self.statement.reaches(self.bank.handle.n_committed()).await;
    }

    async fn is_there(&mut self) -> anyhow::Result<()> {
        if !self.broker.is_running() {
            self.broker.start_again().await?;
        }
        self.is_quiet().await;
        Ok(())
    }

    /// What the whole path takes: payments as fast as they are answered, over the time until the
    /// last of them is on the statement.
    async fn sustained(&self, plan: &Plan) -> anyhow::Result<f64> {
        let started = Instant::now();
        let paid = closed(&self.payers, plan.concurrency, plan.length).await?;
        self.is_quiet().await;
        #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
        let n_paid = paid.n_approved as f64;
        Ok(n_paid / started.elapsed().as_secs_f64())
    }
}

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let mut path = Path::start(plan).await?;
    // The first round warms up.
    path.sustained(plan).await?;
    let half = path.sustained(plan).await? / 2.0;
    let lag = lag(plan, &path, half).await?;
    let (drained, n_refused) = drain(plan, &mut path, half).await?;
    let (away, n_refused_at_peak) = outage(plan, path).await?;
    let what = "payments refused while the broker was away";
    #[expect(clippy::cast_precision_loss, reason = "none, if all is well")]
    let n_refused = (n_refused + n_refused_at_peak) as f64;
    let refused = Figure::number("G7", what, Wanted::AtMost, 0.0, n_refused);
    Ok(vec![lag, away, refused, drained])
}

async fn lag(plan: &Plan, path: &Path, rate: f64) -> anyhow::Result<Figure> {
    let (mut p50, mut p99, mut weather) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        weather.push(Weather::probe(&plan.folder)?);
        path.statement.take_lags();
        open(&path.payers, rate, MAX_OUTSTANDING, plan.length).await?;
        path.is_quiet().await;
        let lags = path.statement.take_lags();
        p50.push(ms_at(&lags, 0.5));
        p99.push(ms_at(&lags, 0.99));
    }
    let middle = |values: &[f64]| median(values.iter().copied());
    let detail = format!(
        "{rate:.0} payments per second, p50 {:.0} ms; load {:.1}, sync p99 {:.2} ms",
        middle(&p50),
        median(weather.iter().map(|it| it.load)),
        median(weather.iter().map(|it| it.sync_p99_ms)),
    );
    Ok(Figure {
        goal: "G7",
        what: "payment to statement, p99 at half load, in ms".to_owned(),
        wanted: Wanted::AtMost,
        target: 250.0,
        measured: Ratio::of(&p99),
        comparison: None,
        detail: Some(detail),
    })
}

/// Payments with the broker away against payments with everything there, in turns; and how many
/// were refused with the broker away.
async fn outage(plan: &Plan, path: Path) -> anyhow::Result<(Figure, u64)> {
    let path = tokio::sync::Mutex::new(path);
    let mut n_refused = 0;
    let compared = compare(
        plan,
        ["broker away", "broker there"],
        async |length| {
            let mut path = path.lock().await;
            path.is_there().await?;
            path.broker.kill()?;
            let round = closed(&path.payers, plan.concurrency, length).await?;
            n_refused += round.n_refused;
            Ok(round)
        },
        async |length| {
            let mut path = path.lock().await;
            path.is_there().await?;
            closed(&path.payers, plan.concurrency, length).await
        },
    )
    .await?;
    let what = "authorize with the broker away / there";
    Ok((Figure::ratio("G7", what, 0.95, compared), n_refused))
}

/// How fast what has waited for the broker is delivered, while payments go on at the same rate;
/// and how many of them were refused.
async fn drain(plan: &Plan, path: &mut Path, rate: f64) -> anyhow::Result<(Figure, u64)> {
    path.broker.kill()?;
    let away = plan.length * OUTAGE_ROUNDS;
    let alone = open(&path.payers, rate, MAX_OUTSTANDING, away).await?;
    let payers = path.payers.clone();
    // Longer than it can take: what is left of it is waited for by the next measurement.
    let going_on = tokio::spawn(async move { open(&payers, rate, MAX_OUTSTANDING, away).await });
    path.broker.start_again().await?;
    let back = Instant::now();
    let bank = &path.bank.handle;
    let delivered = || bank.n_delivered().unwrap_or_default();
    let first = delivered();
    while delivered() == first {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let (begun, waited) = (Instant::now(), bank.n_committed() - first);
    // What is on its way at any moment is no backlog.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let on_its_way = (rate / 20.0) as u64;
    while bank.n_committed() > delivered() + on_its_way {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let took = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
    let per_second = (delivered() - first) as f64 / took;
    let n_refused = alone.n_refused + going_on.await??.n_refused;
    path.is_quiet().await;
    let what = "delivery of what has waited / rate of payments";
    let mut figure = Figure::number("G7", what, Wanted::AtLeast, 2.0, per_second / rate);
    figure.detail = Some(format!(
        "{waited} events had waited; the first was delivered {:.1} s after the broker was back, \
         all of them {took:.1} s later: {per_second:.0} per second",
        begun.duration_since(back).as_secs_f64()
    ));
    Ok((figure, n_refused))
}
