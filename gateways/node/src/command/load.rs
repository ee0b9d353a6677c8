//! `bancada load`: many payers at once, each repeating what was not answered with the same key.

use std::io::Write as _;

use bancada_grpc::client::BankAddress;
use bancada_load::{Load, Numbers};
use bancada_telemetry::console;

use crate::arguments::{LoadOptions, Output};
use crate::exit::Exit;

pub(crate) fn run(options: &LoadOptions) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(load(options))
}

async fn load(options: &LoadOptions) -> anyhow::Result<Exit> {
    let LoadOptions { duration, concurrency, cards, .. } = options;
    let load = Load {
        bank: BankAddress::parse(&options.bank.bank)?,
        duration: (*duration).into(),
        concurrency: *concurrency,
        rate: options.rate,
        seed: options.seed,
        n_cards: *cards,
        resolve_within: options.resolve_within.into(),
        log: options.log.clone(),
    };
    let stop = async {
        // Without a signal handler it runs its time.
        match tokio::signal::ctrl_c().await {
            Ok(()) => {
                console::complain(format_args!("stopping: what is in progress is finished"));
            }
            Err(_) => std::future::pending().await,
        }
    };
    let begun = || {
        console::complain(format_args!(
            "paying for {duration} with {concurrency} payers and {cards} cards …"
        ));
    };
    let report = load.run(stop, begun).await?;
    print(&report.numbers(), options.output.output)?;
    if report.n_answered() == 0 {
        anyhow::bail!("the bank at {} answered no payment", options.bank.bank);
    }
    Ok(Exit::Well)
}

fn print(numbers: &Numbers, output: Output) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if output == Output::Json {
        writeln!(out, "{}", serde_json::to_string_pretty(numbers)?)?;
        return Ok(());
    }
    writeln!(out, "{:.0} payments/s over {:.1} s", numbers.payments_per_second, numbers.seconds)?;
    for (word, count) in &numbers.answers {
        writeln!(out, "  {word:<9} {count:>9}")?;
    }
    writeln!(out, "  {:<9} {:>9}", "retries", numbers.retries)?;
    let ms = |us: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a latency for people")]
        let us = us as f64;
        us / 1_000.0
    };
    for name in ["p50", "p95", "p99", "p99.9", "max"] {
        writeln!(out, "  {name:<9} {:>9.2} ms", ms(numbers.latency_us[name]))?;
    }
    Ok(())
}
