//! G11: three times as many payments as the Bank can take.

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue};
use crate::load::{closed, open};
use crate::machine::{forget_highest_resident, resident_mib};
use crate::side::bank;

const N_CHANNELS: usize = 4;
/// More than the Bank admits, so that it has to refuse.
const MAX_OUTSTANDING: usize = 6_144;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let cards = Cards::new(1_000);
    let bank = bank::start(bank::Stores::in_file(&plan.folder, "overload.sqlite3")?)?;
    let channels = channels(bank.address, N_CHANNELS)?;
    issue(&channels[0], &cards).await?;
    let targets = Unary::targets(&channels, &cards);
    // Other goals' Banks are in this process as well.
    let (before, _) = resident_mib("self");
    forget_highest_resident()?;
    let peak = closed(&targets, plan.concurrency, plan.length).await?.per_second;
    let compared = compare(
        plan,
        ["at 3 times the peak", "at the peak"],
        async |length| open(&targets, 3.0 * peak, MAX_OUTSTANDING, length).await,
        async |length| closed(&targets, plan.concurrency, length).await,
    )
    .await?;
    let (_, highest) = resident_mib("self");
    Ok(vec![
        Figure::ratio("G11", "goodput at 3 times the peak / peak", 0.9, compared),
        Figure::number(
            "G11",
            "resident memory that it takes, client included, MiB",
            Wanted::AtMost,
            4_096.0,
            highest - before,
        ),
    ])
}
