//! G11: three times as many payments as the Bank can take.

use bancada_grpc::client::BankAddress;

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue};
use crate::load::{closed, open};
use crate::machine::{forget_highest_resident, resident_mib};
use crate::shop::Shop;
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
    let attempts = attempts_of_the_shop(plan, &bank, &cards).await?;
    Ok(vec![
        Figure::ratio("G11", "goodput at 3 times the peak / peak", 0.9, compared),
        Figure::number(
            "G11",
            "resident memory that it takes, client included, MiB",
            Wanted::AtMost,
            4_096.0,
            highest - before,
        ),
        Figure::number(
            "G11",
            "attempts per call of the shop's client at 3 times its peak",
            Wanted::AtMost,
            1.1,
            attempts,
        ),
    ])
}

/// How often the shop's own client asks for each payment when the Bank has no room for many.
async fn attempts_of_the_shop(
    plan: &Plan,
    bank: &bank::RunningBank,
    cards: &Cards,
) -> anyhow::Result<f64> {
    let address = BankAddress::parse(&format!("http://{}", bank.address))?;
    let shop = [Shop::new(&address, cards)];
    let peak = closed(&shop, plan.concurrency, plan.length).await?;
    let before = shop[0].n_attempts();
    let round = open(&shop, 3.0 * peak.per_second, MAX_OUTSTANDING, plan.length).await?;
    #[expect(clippy::cast_precision_loss, reason = "some millions at most")]
    let n_calls = (round.n_approved + round.n_refused) as f64;
    Ok((shop[0].n_attempts() - before) / n_calls)
}
