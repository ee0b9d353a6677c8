//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use bancada_edge::HostName;
use bancada_kafka::Brokers;
use bancada_pipeline::HttpAddress;

/// Runs the whole system on PostgreSQL, Kafka, Kafka Connect and Elasticsearch.
#[derive(clap::Parser)]
#[command(name = "cargo xtask up --platform", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Compare the Bank with the original system's, as `cargo xtask duel` does.
    Duel(DuelOptions),
}

#[derive(clap::Args)]
pub(crate) struct DuelOptions {
    /// The original's Bank, built.
    #[arg(long, value_name = "FILE")]
    pub(crate) original: PathBuf,
    /// The original's `db.sql`.
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: PathBuf,
    /// Where servers and Banks keep their data; all of it is forgotten first.
    #[arg(long, value_name = "DIR", default_value = "target/duel/data")]
    pub(crate) data: PathBuf,
    /// How often each Bank has its turn.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// How long a turn takes.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// Payers at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=90))]
    pub(crate) payers: u32,
    #[command(flatten)]
    pub(crate) pieces: Pieces,
}

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where everything is kept. As root, the user nobody must be able to reach it: PostgreSQL
    /// and Elasticsearch refuse to run as root.
    #[arg(long, env = "BANCADA_DATA", value_name = "DIR", default_value = "bancada-data/platform")]
    pub(crate) data: PathBuf,
    /// Forget all data first, after asking.
    #[arg(long, conflicts_with_all = ["postgres", "kafka", "elasticsearch"])]
    pub(crate) fresh: bool,
    /// Do not ask.
    #[arg(long, requires = "fresh")]
    pub(crate) yes: bool,

    /// Your own PostgreSQL database rather than a server of its own.
    #[arg(long, env = "BANCADA_POSTGRES", value_name = "URL", hide_env_values = true)]
    pub(crate) postgres: Option<String>,
    /// Your own Kafka rather than a broker of its own.
    #[arg(
        long,
        env = "BANCADA_KAFKA",
        value_name = "HOST:PORT[,HOST:PORT]",
        hide_env_values = true
    )]
    pub(crate) kafka: Option<Brokers>,
    /// Your own Elasticsearch rather than a server of its own.
    #[arg(long, env = "BANCADA_ELASTICSEARCH", value_name = "URL", hide_env_values = true)]
    pub(crate) elasticsearch: Option<HttpAddress>,
    /// Without Kafka Connect and Elasticsearch.
    #[arg(long, conflicts_with = "elasticsearch")]
    pub(crate) no_elasticsearch: bool,

    /// The address to listen on for browsers; 0.0.0.0 lets other machines in.
    #[arg(long, env = "BANCADA_HOST", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// A name that everything here also answers to; it always answers to localhost, to names
    /// below it and to IP addresses.
    #[arg(long, env = "BANCADA_ALLOWED_HOST", value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub(crate) allowed_host: Vec<HostName>,
    /// Web pages and APIs.
    #[arg(long, env = "BANCADA_PORT", default_value_t = 8080)]
    pub(crate) port: u16,
    /// The bank's gRPC.
    #[arg(long, env = "BANCADA_GRPC_PORT", default_value_t = 50052)]
    pub(crate) grpc_port: u16,
    /// Metrics, probes, tree and chaos of the bank; the shop's and the statement's are on the
    /// next two.
    #[arg(long, env = "BANCADA_ADMIN_PORT", default_value_t = 9464,
          value_parser = clap::value_parser!(u16).range(1..=65_533))]
    pub(crate) admin_port: u16,
    /// PostgreSQL's.
    #[arg(long, default_value_t = 54_320)]
    pub(crate) postgres_port: u16,
    /// Kafka's; its controller is on the next one.
    #[arg(long, default_value_t = 9092, value_parser = clap::value_parser!(u16).range(1..=65_534))]
    pub(crate) kafka_port: u16,
    /// Kafka Connect's.
    #[arg(long, default_value_t = 8083)]
    pub(crate) connect_port: u16,
    /// Elasticsearch's.
    #[arg(long, default_value_t = 9200)]
    pub(crate) elasticsearch_port: u16,

    /// Print everything that the servers say, rather than only what has gone wrong. All of it is
    /// in the folder `logs` of the data in any case.
    #[arg(long)]
    pub(crate) verbose: bool,

    #[command(flatten)]
    pub(crate) pieces: Pieces,
}

/// Where the programs are; `cargo xtask up --platform` says it.
#[derive(clap::Args)]
pub(crate) struct Pieces {
    /// Bancada's own program; beside this one by default.
    #[arg(long, env = "BANCADA_PROGRAM", value_name = "FILE")]
    pub(crate) program: Option<PathBuf>,
    /// The folder with Kafka's and Kafka Connect's jars.
    #[arg(long, env = "BANCADA_KAFKA_LIBS", value_name = "DIR")]
    pub(crate) kafka_libs: Option<PathBuf>,
    /// The folder in which Kafka Connect finds Confluent's Elasticsearch sink.
    #[arg(long, env = "BANCADA_CONNECT_PLUGINS", value_name = "DIR")]
    pub(crate) connect_plugins: Option<PathBuf>,
    /// An unpacked Elasticsearch.
    #[arg(long, env = "BANCADA_ELASTICSEARCH_HOME", value_name = "DIR")]
    pub(crate) elasticsearch_home: Option<PathBuf>,
    /// The built web pages.
    #[arg(long, env = "BANCADA_WEB", default_value = "dist/web", value_name = "DIR")]
    pub(crate) web: PathBuf,
}
