//! G4: gRPC against JSON over HTTP/1.1 before the same ledger.

use crate::cards::Cards;
use crate::comparison::{Plan, compare};
use crate::figure::{Figure, Wanted};
use crate::grpc::{Unary, channels, issue, stream};
use crate::json::Json;
use crate::load::{Round, closed};
use crate::side::{bank, json_front};

const N_CHANNELS: usize = 4;
/// How many times as many payments are in progress where each side has what suits it best: streams
/// need few connections, and more payments in progress only make the JSON front slower.
const SUITS_STREAMS: usize = 4;
/// Payments in one JSON request, where many are sent at once: what a stream's message has.
const N_PAYMENTS: usize = 64;

pub(crate) async fn measure(plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    let cards = Cards::new(1_000);
    let bank = bank::start(bank::Stores::in_file(&plan.folder, "rest.sqlite3")?)?;
    let channels = channels(bank.address, N_CHANNELS)?;
    issue(&channels[0], &cards).await?;
    let front = json_front::start(bank.handle.clone())?;
    let (unary, in_flight) = (Unary::targets(&channels, &cards), plan.concurrency / N_CHANNELS);
    let json = Json::targets(front, &cards, plan.concurrency, 1).await?;
    let many = Json::targets(front, &cards, plan.concurrency / N_PAYMENTS, N_PAYMENTS).await?;

    let streamed = compare(
        plan,
        ["gRPC stream", "JSON over HTTP/1.1"],
        async |length| stream(&channels, &cards, in_flight, length).await,
        async |length| closed(&json, plan.concurrency, length).await,
    )
    .await?;
    let best = compare(
        plan,
        ["gRPC stream", "JSON over HTTP/1.1"],
        async |length| stream(&channels, &cards, SUITS_STREAMS * in_flight, length).await,
        async |length| closed(&json, plan.concurrency, length).await,
    )
    .await?;
    let single = compare(
        plan,
        ["gRPC, one call each", "JSON over HTTP/1.1"],
        async |length| closed(&unary, plan.concurrency, length).await,
        async |length| closed(&json, plan.concurrency, length).await,
    )
    .await?;
    let batched = compare(
        plan,
        ["gRPC stream", "JSON, 64 in a request"],
        async |length| stream(&channels, &cards, in_flight, length).await,
        async |length| Ok(times(closed(&many, many.len(), length).await?, N_PAYMENTS)),
    )
    .await?;
    let best_named = format!(
        "gRPC stream, {} at once / JSON over HTTP/1.1, {}",
        SUITS_STREAMS * plan.concurrency,
        plan.concurrency
    );
    let [cpu, cpu_single] = [&streamed, &single].map(|it| 1.0 / it.cpu_ratio);
    let [wire, wire_single] = [&streamed, &single].map(|it| it.wire_ratio);
    let number = |what, wanted, target, value| Figure::number("G4", what, wanted, target, value);
    let per_cpu = |what, target, value| number(what, Wanted::AtLeast, target, value);
    let on_the_wire = |what, value| number(what, Wanted::AtMost, 0.5, value);
    Ok(vec![
        Figure::ratio("G4", "gRPC stream / JSON over HTTP/1.1", 3.0, streamed),
        Figure::ratio("G4", &best_named, 3.0, best),
        per_cpu("payments per CPU second, gRPC stream / JSON", 3.0, cpu),
        on_the_wire("bytes on the wire per payment, gRPC stream / JSON", wire),
        Figure::ratio("G4", "gRPC calls / JSON over HTTP/1.1", 1.0, single),
        per_cpu("payments per CPU second, gRPC calls / JSON", 1.0, cpu_single),
        on_the_wire("bytes on the wire per payment, gRPC calls / JSON", wire_single),
        Figure::ratio("G4", "gRPC stream / JSON with 64 payments a request", 1.0, batched),
    ])
}

/// Requests that hold several payments each, as payments.
fn times(round: Round, n_payments: usize) -> Round {
    let n_approved = round.n_approved * n_payments as u64;
    #[expect(clippy::cast_precision_loss, reason = "a small constant")]
    let per_second = round.per_second * n_payments as f64;
    Round { per_second, n_approved, ..round }
}
