//! G5: the Bank against pgbench's TPC-B on the same disk, embedded and on that very PostgreSQL.

use std::time::Duration;

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::Figure;
use crate::grpc::{channels, issue, stream};
use crate::load::{Round, histogram};
use crate::side::bank;
use crate::side::tpcb::Tpcb;

const N_CHANNELS: usize = 2;
/// Where pgbench is fastest on two cores.
const CLIENTS: usize = 16;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let cards = Cards::new(1_000);
    let tpcb = Tpcb::start(&plan.folder)?;
    let mut sides = Vec::new();
    for stores in [
        bank::Stores::in_file(&plan.folder, "tpcb.sqlite3")?,
        bank::Stores::in_postgres(&tpcb.url())?,
    ] {
        let bank = bank::start(stores)?;
        let channels = channels(bank.address, N_CHANNELS)?;
        issue(&channels[0], &cards).await?;
        sides.push(channels);
    }
    let in_flight = plan.concurrency / N_CHANNELS;
    let debit_credit = async |length: Duration| {
        let per_second = tokio::task::block_in_place(|| tpcb.run(CLIENTS, length))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let n_approved = (per_second * length.as_secs_f64()) as u64;
        Ok(Round { per_second, n_approved, n_refused: 0, latency: histogram() })
    };
    let embedded = compare(
        plan,
        ["Bank, embedded", "pgbench TPC-B"],
        async |length| stream(&sides[0], &cards, in_flight, length).await,
        debit_credit,
    )
    .await?;
    let shared = compare(
        plan,
        ["Bank on PostgreSQL", "pgbench TPC-B"],
        async |length| stream(&sides[1], &cards, in_flight, length).await,
        debit_credit,
    )
    .await?;
    Ok(vec![
        Figure::ratio("G5", "Bank, embedded / pgbench TPC-B", 8.0, embedded),
        Figure::ratio("G5", "Bank on PostgreSQL / pgbench TPC-B", 3.0, shared),
    ])
}
