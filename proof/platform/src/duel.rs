//! The original system's Bank against this one: one PostgreSQL, one Kafka, one load through the
//! contract that both have, `payment.PaymentService`.

mod contender;
mod lines;
mod payers;
mod report;

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use bancada_kafka::{Brokers, Topic};

use bancada_telemetry::console;

use crate::address::any_free;
use crate::arguments::DuelOptions;
use crate::folder::Folder;
use crate::log_view::LogView;
use crate::part::Parts;
use crate::server::kafka::Kafka;
use crate::server::postgresql::Postgresql;
use contender::{Contender, Side};
use payers::{Card, Tally};
use report::{Report, Score};

const START_WITHIN: Duration = Duration::from_secs(120);
/// Cards that pay in turns.
const N_CARDS: usize = 100;
/// Never the reason of a decline.
const WIDE_MINOR: i64 = 1_000_000_000_000;
/// Of the one card that everybody pays with at once.
const NARROW_MINOR: i64 = 10_000;

/// Runs the duel and prints who did what.
pub(crate) async fn run(options: DuelOptions) -> anyhow::Result<()> {
    let folder = Folder::open(&options.data, true, true)?.context("its data is not forgotten")?;
    let folder = Rc::new(folder);
    let view = LogView::new(&folder.part("logs")?, false)?;
    let (mut servers, _) = Parts::new(view.clone(), folder.part("run")?);
    let interrupted = tokio::signal::ctrl_c();
    let result = tokio::select! {
        result = duel(&options, &folder, &view, &mut servers) => result,
        _ = interrupted => Err(anyhow::anyhow!("it was interrupted")),
    };
    servers.stop().await;
    result?.print()
}

async fn duel(
    options: &DuelOptions,
    folder: &Rc<Folder>,
    view: &LogView,
    servers: &mut Parts,
) -> anyhow::Result<Report> {
    let libs = options.pieces.kafka_libs.as_deref();
    let libs = libs.context("Kafka is missing: `cargo xtask duel` fetches it")?;
    let postgresql = Postgresql::prepare(folder, any_free()?).await?;
    servers.start(postgresql.spec()?)?;
    let kafka = Kafka::prepare(folder, libs, any_free()?).await?;
    let brokers: Brokers = kafka.address().parse()?;
    servers.start(kafka.spec()?)?;
    servers.answer(START_WITHIN).await?;

    let [original, ours] = [Side::Original, Side::Bancada];
    let original = Contender::new(original, options, folder, &postgresql, &brokers).await?;
    let ours = Contender::new(ours, options, folder, &postgresql, &brokers).await?;
    let mut report = Report::new(options);
    for round in 0..options.rounds {
        for contender in [&original, &ours] {
            console::complain(format_args!(
                "round {} of {}: {}",
                round + 1,
                options.rounds,
                contender.name()
            ));
            let score = turn(options, folder, view, contender).await?;
            report.add(contender.name(), score);
        }
    }
    Ok(report)
}

/// One turn: everybody pays, everybody pays with one card, and the Bank is killed while it is
/// paid; then what was answered is held against the topic.
async fn turn(
    options: &DuelOptions,
    folder: &Rc<Folder>,
    view: &LogView,
    contender: &Contender,
) -> anyhow::Result<Score> {
    let (payers, seconds) = (options.payers, Duration::from_secs(options.seconds));
    let (mut bank, _) = Parts::new(view.clone(), folder.part("run")?);
    bank.start(contender.spec()?)?;
    bank.answer(START_WITHIN).await?;
    let cards = contender.issue(N_CARDS, WIDE_MINOR).await?;
    let narrow = contender.issue(1, NARROW_MINOR).await?;
    let pay = |cards: Vec<Card>, duration, attempts| {
        payers::pay(contender.address(), cards, payers, duration, attempts)
    };

    let open = pay(cards.clone(), seconds, None).await?;
    // Everybody at once, five times as often as there is money for.
    let hot = pay(narrow, START_WITHIN, Some(5 * NARROW_MINOR / payers::AMOUNT_MINOR)).await?;
    let under_fire = async {
        tokio::time::sleep(seconds / 2).await;
        kill(&bank)
    };
    let (under_fire, killed) = tokio::join!(pay(cards, seconds, None), under_fire);
    killed?;
    let mut told = open.clone();
    told.add(&hot);
    told.add(&under_fire?);
    bank.answer(START_WITHIN).await?;
    let lines = lines::read(contender.topic(), &told).await?;
    bank.stop().await;
    Ok(Score {
        per_second: open.per_second(seconds),
        p50_ms: open.ms(0.5),
        p99_ms: open.ms(0.99),
        overspent_minor: overspent(&hot),
        unanswered: told.n_unanswered(),
        lines,
    })
}

fn overspent(hot: &Tally) -> i64 {
    let approved = i64::try_from(hot.n_approved()).unwrap_or(i64::MAX);
    (approved.saturating_mul(payers::AMOUNT_MINOR) - NARROW_MINOR).max(0)
}

/// Ends the Bank without a chance to do anything; it is started again by itself.
fn kill(bank: &Parts) -> anyhow::Result<()> {
    let process = bank.iter().find_map(crate::part::Part::process);
    let process = process.context("there is no process to kill")?;
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    let process = process.context("a process has another id")?;
    Ok(rustix::process::kill_process(process, rustix::process::Signal::KILL)?)
}

/// The topic of a side, made where it is not there.
async fn topic(brokers: &Brokers, name: &str) -> anyhow::Result<Topic> {
    let topic = Topic::named(brokers.clone(), name);
    topic.ensure().await?;
    Ok(topic)
}

fn is_program(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(path.is_file(), "there is no {}", path.display());
    Ok(())
}
