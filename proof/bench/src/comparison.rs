//! Two sides, measured in turns.

use std::path::PathBuf;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;

use crate::load::Round;
use crate::machine::{Weather, cpu_seconds, loopback_bytes};
use crate::statistics::{Ratio, median};

/// How much is measured, and where.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Of each side, without the one that warms up.
    pub(crate) rounds: usize,
    pub(crate) length: Duration,
    /// On the disk that is measured.
    pub(crate) folder: PathBuf,
    /// Payments in progress at once.
    pub(crate) concurrency: usize,
}

/// One side's figures, medians over the rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Microseconds of processor time for each payment, by all threads but the client's.
    pub(crate) server_cpu_us: f64,
    /// The same by the client's.
    pub(crate) client_cpu_us: f64,
    /// Bytes over the loopback interface for each payment, both ways, with TCP's headers; of
    /// whoever else talks over it as well.
    pub(crate) wire_bytes: f64,
    /// Payments that were refused for want of room, for each one that was approved.
    pub(crate) refused: f64,
    pub(crate) rates: Vec<f64>,
}

/// The first side over the second.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) sides: [Side; 2],
    pub(crate) ratio: Ratio,
    /// Of processor time per payment of both ends: below 1 the first side is cheaper.
    pub(crate) cpu_ratio: f64,
    /// Of bytes per payment.
    pub(crate) wire_ratio: f64,
    pub(crate) weather: Vec<Weather>,
}

/// The client's runtime, and the main thread, from which payments begin in an open loop.
const CLIENT_THREADS: [&str; 2] = ["client", "bancada-bench"];

struct Measured {
    round: Round,
    server_cpu_us: f64,
    client_cpu_us: f64,
    wire_bytes: f64,
}

/// Measures both sides in turns, in an order that is drawn for each round, after a round of each
/// that does not count.
pub(crate) async fn compare(
    plan: &Plan,
    names: [&str; 2],
    mut first: impl AsyncFnMut(Duration) -> anyhow::Result<Round>,
    mut second: impl AsyncFnMut(Duration) -> anyhow::Result<Round>,
) -> anyhow::Result<Comparison> {
    let mut rng = StdRng::seed_from_u64(7);
    let warm_up = plan.length.min(Duration::from_secs(2));
    second(warm_up).await?;
    first(warm_up).await?;
    let (mut firsts, mut seconds, mut weather) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        weather.push(Weather::probe(&plan.folder)?);
        if rng.random_bool(0.5) {
            firsts.push(measure(&mut first, plan.length).await?);
            seconds.push(measure(&mut second, plan.length).await?);
        } else {
            seconds.push(measure(&mut second, plan.length).await?);
            firsts.push(measure(&mut first, plan.length).await?);
        }
    }
    let ratios: Vec<f64> = firsts
        .iter()
        .zip(&seconds)
        .map(|(first, second)| first.round.per_second / second.round.per_second)
        .collect();
    let sides = [side(names[0], &firsts), side(names[1], &seconds)];
    let cpu = |side: &Side| side.server_cpu_us + side.client_cpu_us;
    let cpu_ratio = cpu(&sides[0]) / cpu(&sides[1]);
    let wire_ratio = sides[0].wire_bytes / sides[1].wire_bytes;
    Ok(Comparison { ratio: Ratio::of(&ratios), cpu_ratio, wire_ratio, sides, weather })
}

async fn measure(
    side: &mut impl AsyncFnMut(Duration) -> anyhow::Result<Round>,
    length: Duration,
) -> anyhow::Result<Measured> {
    let (before, bytes_before) = (cpu_seconds(), loopback_bytes());
    let round = side(length).await?;
    let bytes = loopback_bytes() - bytes_before;
    let (mut server, mut client) = (0.0, 0.0);
    for (thread, seconds) in cpu_seconds() {
        let used = seconds - before.get(&thread).copied().unwrap_or(0.0);
        let is_client = CLIENT_THREADS.contains(&thread.as_str());
        *(if is_client { &mut client } else { &mut server }) += used;
    }
    #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
    let n_payments = round.n_approved as f64;
    let us_per_payment = 1_000_000.0 / n_payments;
    let (server_cpu_us, client_cpu_us) = (server * us_per_payment, client * us_per_payment);
    Ok(Measured { round, server_cpu_us, client_cpu_us, wire_bytes: bytes / n_payments })
}

fn side(name: &str, rounds: &[Measured]) -> Side {
    let of = |figure: &dyn Fn(&Measured) -> f64| median(rounds.iter().map(figure));
    Side {
        name: name.to_owned(),
        per_second: of(&|it| it.round.per_second),
        p50_ms: of(&|it| it.round.ms(0.5)),
        p99_ms: of(&|it| it.round.ms(0.99)),
        server_cpu_us: of(&|it| it.server_cpu_us),
        client_cpu_us: of(&|it| it.client_cpu_us),
        wire_bytes: of(&|it| it.wire_bytes),
        refused: of(&|it| {
            #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
            let share = it.round.n_refused as f64 / it.round.n_approved.max(1) as f64;
            share
        }),
        rates: rounds.iter().map(|it| it.round.per_second).collect(),
    }
}
