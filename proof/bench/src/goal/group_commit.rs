//! G2: group commit against one sync for each payment, with syncs of a fixed length.

use std::time::Duration;

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue};
use crate::load::closed;
use crate::side::bank;
use crate::side::slow_disk::Syncs;

/// What a sync takes on a busy cloud disk.
const SYNC: Duration = Duration::from_millis(4);
const N_CHANNELS: usize = 4;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let cards = Cards::new(100);
    let mut sides = Vec::new();
    for (name, syncs) in [("grouped", Syncs::PerBatch), ("single", Syncs::PerEntry)] {
        let stores = bank::Stores::in_file(&plan.folder, &format!("{name}.sqlite3"))?;
        let bank = bank::start(stores.slowed(syncs, SYNC))?;
        let channels = channels(bank.address, N_CHANNELS)?;
        issue(&channels[0], &cards).await?;
        sides.push((bank, Unary::targets(&channels, &cards)));
    }
    let (grouped, single) = (&sides[0], &sides[1]);
    let before = grouped.0.commits();
    let compared = compare(
        plan,
        ["group commit, 4 ms", "sync per payment, 4 ms"],
        async |length| closed(&grouped.1, plan.concurrency, length).await,
        async |length| closed(&single.1, plan.concurrency, length).await,
    )
    .await?;
    let after = grouped.0.commits();
    let syncs = (after.1 - before.1) / (after.0 - before.0);
    Ok(vec![
        Figure::ratio("G2", "group commit / sync per payment, at 4 ms", 50.0, compared),
        Figure::number("G2", "syncs per payment at 4 ms", Wanted::AtMost, 1.0 / 64.0, syncs),
    ])
}
