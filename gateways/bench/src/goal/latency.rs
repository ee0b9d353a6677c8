//! G3: latency at half load in an open loop, and of a single caller.

use crate::cards::Cards;
use crate::comparison::Plan;
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue};
use crate::load::{closed, open};
use crate::machine::Weather;
use crate::side::{bank, echo};
use crate::statistics::median;

const N_CHANNELS: usize = 4;
/// More than are ever in progress at half load.
const MAX_OUTSTANDING: usize = 2_048;

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
        let payment = open(&durable, peak / 2.0, MAX_OUTSTANDING, plan.length).await?;
        loaded.push(payment.ms(0.99) / (echo.ms(0.99) + 2.5 * disk.sync_p99_ms));
        let disk = Weather::probe(&plan.folder)?;
        let echo = closed(&bare, 1, plan.length).await?;
        let payment = closed(&durable, 1, plan.length).await?;
        alone.push(payment.ms(0.5) / (echo.ms(0.5) + 1.2 * disk.sync_p50_ms));
    }
    let [loaded, alone] = [loaded, alone].map(|ratios| median(ratios.into_iter()));
    Ok(vec![
        Figure::number(
            "G3",
            "p99 at half load / (echo p99 + 2.5 sync p99)",
            Wanted::AtMost,
            1.0,
            loaded,
        ),
        Figure::number(
            "G3",
            "p50 of one caller / (echo p50 + 1.2 sync p50)",
            Wanted::AtMost,
            1.0,
            alone,
        ),
    ])
}
