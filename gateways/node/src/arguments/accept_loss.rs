//! Of `bancada accept-loss`.

use std::path::PathBuf;

use bancada_database::postgres::DatabaseUrl;
use bancada_kafka::Brokers;
use bancada_pipeline::HttpAddress;
use clap::Args;

use super::DataOption;

#[derive(Args)]
pub(crate) struct AcceptLossOptions {
    #[command(flatten)]
    pub(crate) data: DataOption,
    /// Give up what is missing. Without it, the command only says what that is.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) beyond: BeyondOptions,
    #[command(flatten)]
    pub(crate) database: LostDatabaseOptions,
}

/// A database that was put back to an earlier state.
#[derive(Args)]
pub(crate) struct LostDatabaseOptions {
    /// The PostgreSQL database of the bank's journal, where it is in one: as it is now, it is what
    /// is left.
    #[arg(long, env = "BANCADA_POSTGRES", value_name = "URL", hide_env_values = true)]
    pub(crate) postgres: Option<DatabaseUrl>,
    /// As for the bank.
    #[arg(long, env = "BANCADA_VAULT_KEY_FILE", value_name = "FILE", requires = "postgres")]
    pub(crate) vault_key_file: Option<PathBuf>,
    /// As for the bank.
    #[arg(long, env = "BANCADA_SHARDS", value_name = "NUMBER", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=64), requires = "postgres")]
    pub(crate) shards: u16,
}

/// What is beyond the data directory, and knows what the Bank had told.
#[derive(Args)]
pub(crate) struct BeyondOptions {
    /// Kafka's brokers, where events were delivered to them: the topic "payments" is made anew.
    #[arg(
        long,
        env = "BANCADA_KAFKA",
        value_name = "HOST:PORT[,HOST:PORT]",
        hide_env_values = true
    )]
    pub(crate) kafka: Option<Brokers>,
    /// Kafka Connect, where it copies the topic: it begins with the new one.
    #[arg(
        long,
        env = "BANCADA_CONNECT",
        value_name = "URL",
        hide_env_values = true,
        requires = "elasticsearch"
    )]
    pub(crate) connect: Option<HttpAddress>,
    /// Elasticsearch, where Kafka Connect copies to: the index is made anew.
    #[arg(
        long,
        env = "BANCADA_ELASTICSEARCH",
        value_name = "URL",
        hide_env_values = true,
        requires_all = ["kafka", "connect"]
    )]
    pub(crate) elasticsearch: Option<HttpAddress>,
}
