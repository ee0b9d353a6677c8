//! G1: a durable authorization against a bare tonic echo of the same messages.

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue, stream};
use crate::load::closed;
use crate::side::{bank, echo};

const N_CHANNELS: usize = 4;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let cards = Cards::new(1_000);
    let bank = bank::start(bank::Stores::in_file(&plan.folder, "echo.sqlite3")?)?;
    let payments = channels(bank.address, N_CHANNELS)?;
    issue(&payments[0], &cards).await?;
    let echoes = channels(echo::start()?, N_CHANNELS)?;
    let (durable, bare) = (Unary::targets(&payments, &cards), Unary::targets(&echoes, &cards));
    let before = bank.commits();
    let unary = compare(
        plan,
        ["durable authorize", "tonic echo"],
        async |length| closed(&durable, plan.concurrency, length).await,
        async |length| closed(&bare, plan.concurrency, length).await,
    )
    .await?;
    let after = bank.commits();
    let in_flight = plan.concurrency / N_CHANNELS;
    let streamed = compare(
        plan,
        ["durable stream", "stream echo"],
        async |length| stream(&payments, &cards, in_flight, length).await,
        async |length| stream(&echoes, &cards, in_flight, length).await,
    )
    .await?;
    let syncs = (after.1 - before.1) / (after.0 - before.0);
    Ok(vec![
        Figure::ratio("G1", "durable authorize / bare tonic echo", 0.8, unary),
        Figure::number(
            "G1",
            "syncs per acknowledged payment, on the disk as it was",
            Wanted::AtMost,
            1.0,
            syncs,
        ),
        Figure::ratio("G1", "durable stream / bare stream echo", 0.0, streamed),
    ])
}
