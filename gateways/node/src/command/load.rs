//! `bancada load`: many payers at once, each repeating what was not answered with the same key.

mod cards;
mod payer;
mod report;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bancada_grpc::client::{BankAddress, connect};
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_telemetry::{clock, console};
use tokio::time::Instant;

use crate::arguments::LoadOptions;
use crate::exit::Exit;
use payer::{Pace, Payer};
use report::Report;
use writer::LogWriter;

/// Connections; one is read by one task.
const N_CHANNELS: usize = 4;

pub(crate) fn run(options: LoadOptions) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(load(options))
}

async fn load(options: LoadOptions) -> anyhow::Result<Exit> {
    let address = BankAddress::parse(&options.bank.bank)?;
    let log = options.log.as_deref().map(LogWriter::create).transpose()?;
    let cards = Arc::new(cards::issue(&address, options.seed, options.cards.into()).await?);
    let channels: Vec<_> =
        (0..N_CHANNELS).map(|_| BankServiceClient::new(connect(&address))).collect();

    // Two runs never share keys, whatever the seed: the second would only be told the first's
    // answers.
    let run = clock::uuid().simple().to_string();
    let start = Instant::now();
    let pace = Arc::new(Pace::new(start, options.duration.into(), options.rate));
    let stopped = Arc::clone(&pace);
    tokio::spawn(async move {
        // Without a signal handler it runs its time.
        if tokio::signal::ctrl_c().await.is_ok() {
            console::complain(format_args!("stopping: what is in progress is finished"));
            stopped.stop();
        }
    });
    console::complain(format_args!(
        "paying for {} with {} payers and {} cards …",
        options.duration,
        options.concurrency,
        cards.len()
    ));
    let payers: Vec<_> = (0..options.concurrency)
        .map(|number| {
            let payer = Payer {
                bank: channels[usize::from(number) % N_CHANNELS].clone(),
                name: format!("load-{run}-{number}"),
                seed: options.seed.wrapping_mul(65_537).wrapping_add(number.into()),
                cards: Arc::clone(&cards),
                pace: Arc::clone(&pace),
                resolve_within: options.resolve_within.into(),
                log: log.as_ref().map(LogWriter::sender),
            };
            tokio::spawn(payer.pay())
        })
        .collect();
    let mut report = Report::new();
    for payer in payers {
        report.add(payer.await.context("a payer panicked")??)?;
    }
    let took = start.elapsed();
    if let Some(log) = log {
        log.finish()?;
    }
    report.print(took.max(Duration::from_millis(1)), options.output.output)?;
    if report.n_answered() == 0 {
        anyhow::bail!("the bank at {} answered no payment", options.bank.bank);
    }
    Ok(Exit::Well)
}
