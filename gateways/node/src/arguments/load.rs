//! Options of `bancada load` and `bancada audit`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use bancada_kafka::Brokers;
use bancada_pipeline::HttpAddress;
use clap::Args;

use super::{BankOption, OutputOption};

#[derive(Args)]
pub(crate) struct LoadOptions {
    #[command(flatten)]
    pub(crate) bank: BankOption,
    #[command(flatten)]
    pub(crate) output: OutputOption,
    /// For how long.
    #[arg(long, env = "BANCADA_DURATION", default_value = "10s")]
    pub(crate) duration: humantime::Duration,
    /// Payments in progress at once.
    #[arg(long, env = "BANCADA_CONCURRENCY", default_value = "64", value_parser = up_to::<4096>)]
    pub(crate) concurrency: NonZeroU16,
    /// Payments per second; without it, as many as the bank takes.
    #[arg(long, env = "BANCADA_RATE", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Decides cards and amounts.
    #[arg(long, env = "BANCADA_SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Cards to pay with; one in ten has a small limit.
    #[arg(long, env = "BANCADA_CARDS", default_value = "100", value_parser = up_to::<10_000>)]
    pub(crate) cards: NonZeroU16,
    /// Where to write what was asked and answered, one JSON object per line.
    #[arg(long, env = "BANCADA_LOAD_LOG", value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// How long a payment without an answer is repeated with its key before it is written down
    /// as unknown.
    #[arg(long, env = "BANCADA_RESOLVE_WITHIN", default_value = "20s")]
    pub(crate) resolve_within: humantime::Duration,
}

fn up_to<const MOST: u16>(text: &str) -> Result<NonZeroU16, String> {
    let number: Option<NonZeroU16> = text.parse().ok();
    number.filter(|it| it.get() <= MOST).ok_or_else(|| format!("{text} is not in 1..={MOST}"))
}

#[derive(Args)]
pub(crate) struct AuditOptions {
    #[command(flatten)]
    pub(crate) bank: BankOption,
    #[command(flatten)]
    pub(crate) output: OutputOption,
    /// What `bancada load` wrote.
    #[arg(long, env = "BANCADA_LOAD_LOG", value_name = "FILE")]
    pub(crate) load_log: Option<PathBuf>,
    /// The load log may end too early, for its load was killed or the file was cut: what it holds
    /// is compared all the same, and that it is cut is no finding.
    #[arg(long, requires = "load_log")]
    pub(crate) cut_log: bool,
    /// The shop, to be held against the bank.
    #[arg(long, env = "BANCADA_CHECKOUT_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) checkout: Option<HttpAddress>,
    /// The statement, to be held against the bank.
    #[arg(long, env = "BANCADA_EXTRATO_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) extrato: Option<HttpAddress>,
    /// Kafka's brokers; what is on the topic is held against the bank.
    #[arg(
        long,
        env = "BANCADA_KAFKA",
        value_name = "HOST:PORT[,HOST:PORT]",
        hide_env_values = true
    )]
    pub(crate) kafka: Option<Brokers>,
    /// Elasticsearch; the copies of payments in it are held against the bank.
    #[arg(long, env = "BANCADA_ELASTICSEARCH", value_name = "URL", hide_env_values = true)]
    pub(crate) elasticsearch: Option<HttpAddress>,
    /// How long those behind the bank may take to catch up.
    #[arg(long, env = "BANCADA_CATCH_UP_WITHIN", default_value = "30s")]
    pub(crate) catch_up_within: humantime::Duration,
}
