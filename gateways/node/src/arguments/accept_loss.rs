//! Of `bancada accept-loss`.

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
