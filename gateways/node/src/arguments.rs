//! The command line. Every option is also an environment variable, but for those that the test
//! in `environment.rs` lists with their reasons.

mod accept_loss;
mod copies;
mod dead_letters;
mod doors;
#[cfg(test)]
mod environment;
mod load;
mod pipeline;
mod place;
#[cfg(test)]
mod secrets;

use std::net::SocketAddr;
use std::path::PathBuf;

use bancada_database::postgres::DatabaseUrl;
use bancada_kafka::Brokers;
use bancada_simulator::Kind;
use bancada_telemetry::logs::LogFormat;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use accept_loss::{AcceptLossOptions, BeyondOptions, LostDatabaseOptions};
pub(crate) use copies::{BackupOptions, RestoreOptions, VerifyOptions};
pub(crate) use dead_letters::{DeadLettersCommand, DeadLettersOptions};
pub(crate) use doors::{AdminOptions, DoorOptions, on_port};
pub(crate) use load::{AuditOptions, LoadOptions};
pub(crate) use pipeline::{
    ApplyOptions, PipelineCommand, PipelineOptions, RefillOptions, RepublishOptions,
    SetAsideOptions, StatusOptions, WatchOptions,
};

/// Card payments that you can run, break and audit on your own machine.
///
/// Exit codes: 0 all is well; 1 an audit, a check or a simulation found something wrong; 2 the
/// command line makes no sense; 3 it could not be done, and the message says why; 70 the
/// supervision tree gave up, start it again (`up` does so itself, five times in a row); 74 the
/// journal could not be written, and the process ended at once.
#[derive(Parser)]
#[command(name = "bancada", version, about, long_about)]
pub(crate) struct Arguments {
    /// What is logged, as in RUST_LOG: "info", "warn,bancada_bank=debug".
    #[arg(long, env = "BANCADA_LOG", default_value = "info", global = true, value_name = "FILTER")]
    pub(crate) log_filter: String,
    /// How logs are written: text at a terminal and JSON otherwise, unless chosen.
    #[arg(long, env = "BANCADA_LOG_FORMAT", default_value = "auto", global = true)]
    log_format: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Auto,
    Text,
    Json,
}

impl Arguments {
    pub(crate) fn log_format(&self) -> LogFormat {
        match self.log_format {
            Format::Auto => LogFormat::Auto,
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process: bank, shop, statement and web pages.
    Up(UpOptions),
    /// Run the bank alone.
    Bank(BankOptions),
    /// Run the shop alone.
    Checkout(CheckoutOptions),
    /// Run the statement alone.
    Extrato(ExtratoOptions),
    /// Pay, many times at once, and write down what was answered.
    Load(LoadOptions),
    /// Hold what was answered against what the bank, the shop and the statement know.
    Audit(AuditOptions),
    /// Copy everything at one position, also while it runs.
    Backup(BackupOptions),
    /// Put a copy where nothing is.
    Restore(RestoreOptions),
    /// Go on without events that the journal has lost, where there is no backup: say what they are,
    /// or give them up.
    AcceptLoss(AcceptLossOptions),
    /// Read a directory that nobody uses, from beginning to end, and say whether it is whole.
    Verify(VerifyOptions),
    /// Simulate the bank, the shop and the statement under faults that a seed decides, and audit
    /// what everybody was told.
    Sim(SimOptions),
    /// Copy payments from Kafka into Elasticsearch, for dashboards in Kibana: set it up, and look.
    Pipeline(PipelineOptions),
    /// Records that the statement could not read: look at them, read them again, or forget them.
    DeadLetters(DeadLettersOptions),
    /// List the demo cards.
    Cards(CardsOptions),
    /// Look whether this machine can run Bancada, and whether it runs.
    Doctor(DoctorOptions),
}

/// Where data is.
#[derive(Args, Clone)]
pub(crate) struct DataOption {
    /// Where data is kept.
    #[arg(long, env = "BANCADA_DATA", default_value = "bancada-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
}

/// Where the built web pages are.
#[derive(Args, Clone)]
pub(crate) struct WebOption {
    /// Where the built web pages are.
    #[arg(long, env = "BANCADA_WEB", default_value = "dist/web", value_name = "DIR")]
    pub(crate) web: PathBuf,
}

/// Where events go and come from.
#[derive(Args, Clone)]
pub(crate) struct KafkaOption {
    /// Deliver the bank's events through Apache Kafka, on the topic "payments"; through the
    /// bank's own event feed otherwise.
    #[arg(
        long,
        env = "BANCADA_KAFKA",
        value_name = "HOST:PORT[,HOST:PORT]",
        hide_env_values = true
    )]
    pub(crate) kafka: Option<Brokers>,
}

/// Where what must not be forgotten is kept.
#[derive(Args, Clone)]
pub(crate) struct DatabaseOption {
    /// Keep what must not be forgotten in this PostgreSQL database rather than in files. The bank
    /// that was started last writes its journal, and one that was started before ends; a shop or a
    /// statement waits until the one before it has ended.
    #[arg(long, env = "BANCADA_POSTGRES", value_name = "URL", hide_env_values = true)]
    pub(crate) postgres: Option<DatabaseUrl>,
}

/// For the journal.
#[derive(Args, Clone)]
pub(crate) struct JournalOptions {
    /// A quota for the bank's journal; payments are refused when it is reached.
    #[arg(
        long,
        env = "BANCADA_JOURNAL_MAX_BYTES",
        value_name = "BYTES",
        conflicts_with = "postgres"
    )]
    pub(crate) journal_max_bytes: Option<u64>,
    #[command(flatten)]
    pub(crate) database: DatabaseOption,
    /// The file with the 32 bytes from which cards' tokens are made; made if it is not there.
    /// Every bank on the same database needs the same one.
    #[arg(long, env = "BANCADA_VAULT_KEY_FILE", value_name = "FILE", requires = "postgres")]
    pub(crate) vault_key_file: Option<PathBuf>,
    /// How many ledgers share the bank's cards, each with a journal of its own. A bank keeps the
    /// number it began with.
    #[arg(long, env = "BANCADA_SHARDS", value_name = "NUMBER", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) shards: u16,
    /// Make a snapshot of the ledger when the journal has grown by this many entries: a start
    /// reads the newest one and what came after it.
    #[arg(long, env = "BANCADA_SNAPSHOT_EVERY", value_name = "ENTRIES", default_value_t = 100_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) snapshot_every: u64,
}

#[derive(Args)]
pub(crate) struct UpOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    #[command(flatten)]
    pub(crate) kafka: KafkaOption,
    #[command(flatten)]
    pub(crate) web: WebOption,
    #[command(flatten)]
    pub(crate) journal: JournalOptions,
    #[command(flatten)]
    pub(crate) doors: DoorOptions,
    /// The address to listen on; 0.0.0.0 lets other machines in, without a login.
    #[arg(long, env = "BANCADA_HOST", default_value = "127.0.0.1")]
    pub(crate) host: std::net::IpAddr,
    /// Web pages and APIs.
    #[arg(long, env = "BANCADA_PORT", default_value_t = 8080)]
    pub(crate) port: u16,
    /// The bank's gRPC.
    #[arg(long, env = "BANCADA_GRPC_PORT", default_value_t = 50052)]
    pub(crate) grpc_port: u16,
    /// Metrics, probes, tree and chaos; on loopback only.
    #[arg(long, env = "BANCADA_ADMIN_PORT", default_value_t = 9464)]
    pub(crate) admin_port: u16,
    /// Forget all data first, after asking; a database is its owner's to empty.
    #[arg(long, conflicts_with = "postgres")]
    pub(crate) fresh: bool,
    /// Do not ask.
    #[arg(long, requires = "fresh")]
    pub(crate) yes: bool,
    /// Refuse chaos commands, which this command otherwise takes.
    #[arg(long, env = "BANCADA_NO_CHAOS")]
    pub(crate) no_chaos: bool,
}

#[derive(Args)]
pub(crate) struct BankOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    #[command(flatten)]
    pub(crate) kafka: KafkaOption,
    #[command(flatten)]
    pub(crate) journal: JournalOptions,
    #[command(flatten)]
    pub(crate) admin: AdminOptions,
    /// Where to serve gRPC.
    #[arg(long, env = "BANCADA_GRPC", default_value = "127.0.0.1:50052")]
    pub(crate) grpc: SocketAddr,
    /// Its port alone, as `up` takes it.
    #[arg(long, value_name = "PORT", conflicts_with = "grpc")]
    pub(crate) grpc_port: Option<u16>,
    /// Where to serve metrics and probes.
    #[arg(long, env = "BANCADA_ADMIN", default_value = "127.0.0.1:9464")]
    pub(crate) admin_listen: SocketAddr,
}

/// Where the bank is.
#[derive(Args, Clone)]
pub(crate) struct BankOption {
    /// The bank's gRPC address.
    #[arg(
        long,
        env = "BANCADA_BANK",
        default_value = "http://127.0.0.1:50052",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) bank: String,
}

#[derive(Args)]
pub(crate) struct CheckoutOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    #[command(flatten)]
    pub(crate) database: DatabaseOption,
    #[command(flatten)]
    pub(crate) web: WebOption,
    #[command(flatten)]
    pub(crate) bank: BankOption,
    #[command(flatten)]
    pub(crate) admin: AdminOptions,
    /// Where to serve the shop.
    #[arg(long, env = "BANCADA_HTTP", default_value = "127.0.0.1:8080")]
    pub(crate) http: SocketAddr,
    /// Its port alone, as `up` takes it.
    #[arg(long, value_name = "PORT", conflicts_with = "http")]
    pub(crate) port: Option<u16>,
    /// Where to serve metrics and probes.
    #[arg(long, env = "BANCADA_ADMIN", default_value = "127.0.0.1:9465")]
    pub(crate) admin_listen: SocketAddr,
}

#[derive(Args)]
pub(crate) struct ExtratoOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    #[command(flatten)]
    pub(crate) kafka: KafkaOption,
    #[command(flatten)]
    pub(crate) database: DatabaseOption,
    #[command(flatten)]
    pub(crate) web: WebOption,
    #[command(flatten)]
    pub(crate) bank: BankOption,
    #[command(flatten)]
    pub(crate) admin: AdminOptions,
    /// Where to serve the statement.
    #[arg(long, env = "BANCADA_HTTP", default_value = "127.0.0.1:8081")]
    pub(crate) http: SocketAddr,
    /// Its port alone, as `up` takes it.
    #[arg(long, value_name = "PORT", conflicts_with = "http")]
    pub(crate) port: Option<u16>,
    /// Where to serve metrics and probes.
    #[arg(long, env = "BANCADA_ADMIN", default_value = "127.0.0.1:9466")]
    pub(crate) admin_listen: SocketAddr,
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How results are printed.
#[derive(Args, Clone, Copy)]
pub(crate) struct OutputOption {
    /// How the result is printed.
    #[arg(long, env = "BANCADA_OUTPUT", default_value = "text")]
    pub(crate) output: Output,
}

/// Nothing but these decides what happens: the same seed, steps and kinds give the same history.
#[derive(Args)]
pub(crate) struct SimOptions {
    #[command(flatten)]
    pub(crate) output: OutputOption,
    /// Decides everything.
    #[arg(long, env = "BANCADA_SEED", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Things that happen while there are faults; afterwards it becomes quiet, and is audited.
    #[arg(long, env = "BANCADA_STEPS", default_value_t = 2_000)]
    pub(crate) steps: u64,
    /// Run the seeds from this one on until one fails, or until Ctrl-C.
    #[arg(long)]
    pub(crate) until_failure: bool,
    /// Kinds of faults and of work that are left out, as a failing run names them.
    #[arg(long, value_name = "KIND[,KIND]", value_delimiter = ',', value_parser = kind)]
    pub(crate) without: Vec<Kind>,
}

fn kind(word: &str) -> Result<Kind, String> {
    Kind::from_word(word).ok_or_else(|| {
        let words: Vec<_> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        format!("there are: {}", words.join(", "))
    })
}

#[derive(Args)]
pub(crate) struct CardsOptions {
    #[command(flatten)]
    pub(crate) output: OutputOption,
}

#[derive(Args)]
pub(crate) struct DoctorOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    #[command(flatten)]
    pub(crate) web: WebOption,
    #[command(flatten)]
    pub(crate) output: OutputOption,
    /// Web pages and APIs.
    #[arg(long, env = "BANCADA_PORT", default_value_t = 8080)]
    pub(crate) port: u16,
    /// The bank's gRPC.
    #[arg(long, env = "BANCADA_GRPC_PORT", default_value_t = 50052)]
    pub(crate) grpc_port: u16,
    /// Metrics, probes, tree and chaos.
    #[arg(long, env = "BANCADA_ADMIN_PORT", default_value_t = 9464)]
    pub(crate) admin_port: u16,
}
