//! G6: every payment with one card against payments spread over many.

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::Figure;
use crate::grpc::{channels, issue, stream};
use crate::side::bank;

const N_CHANNELS: usize = 2;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let many = Cards::new(1_000);
    // The first of the many: it is issued with them.
    let one = Cards::new(1);
    let bank = bank::start(bank::Stores::in_file(&plan.folder, "hot.sqlite3")?)?;
    let channels = channels(bank.address, N_CHANNELS)?;
    issue(&channels[0], &many).await?;
    let in_flight = plan.concurrency / N_CHANNELS;
    let compared = compare(
        plan,
        ["one card", "1,000 cards"],
        async |length| stream(&channels, &one, in_flight, length).await,
        async |length| stream(&channels, &many, in_flight, length).await,
    )
    .await?;
    Ok(vec![Figure::ratio("G6", "one hot card / 1,000 cards, one merchant", 0.9, compared)])
}
