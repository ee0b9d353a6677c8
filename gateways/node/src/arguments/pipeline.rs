//! Options of `bancada pipeline`.

use std::time::Duration;

use bancada_event_record::Place;
use bancada_kafka::Brokers;
use bancada_pipeline::{HttpAddress, Servers, Watch};
use clap::{Args, Subcommand};

use super::place::place;
use super::{BankOption, OutputOption};

/// Kafka Connect tells nothing while its workers divide their work.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

const REBALANCES_WITHIN: Duration = Duration::from_secs(30);

#[derive(Args)]
pub(crate) struct PipelineOptions {
    #[command(subcommand)]
    pub(crate) command: PipelineCommand,
}

/// Exit codes are those of `bancada --help`.
#[derive(Subcommand)]
pub(crate) enum PipelineCommand {
    /// Set up topics, index, connector and dashboard, from the files in observability/. Again, it
    /// changes nothing; what had failed is started again. Ends with 3 at the first that cannot be
    /// done.
    Apply(ApplyOptions),
    /// Show whether payments reach Elasticsearch: connector and tasks, lag, documents, dead
    /// letters. Ends with 1 if they do not, if documents are missing, or if records wait and none
    /// is committed; with 3 if somebody does not answer.
    Status(StatusOptions),
    /// Watch the connector until Ctrl-C, and start its tasks again where they have failed, or
    /// stand still though Elasticsearch is there. Once beside each Kafka Connect.
    Watch(WatchOptions),
    /// Put a record aside that the connector cannot get past: it becomes a dead letter with its
    /// place, what came before it becomes documents, and the connector goes on behind it.
    SetAside(SetAsideOptions),
    /// Fill an index that was deleted, or has holes, from the bank's past. What is there and newer
    /// stays.
    Refill(RefillOptions),
    /// Write the bank's past to a topic once more, from its beginning: for one that has lost
    /// events, or for another reader. Whoever knows an event passes it over.
    Republish(RepublishOptions),
}

#[derive(Args)]
pub(crate) struct SetAsideOptions {
    #[command(flatten)]
    servers: PipelineServers,
    /// Where the record is, as `bancada pipeline status` names it.
    #[arg(value_name = "PARTITION/OFFSET", value_parser = place)]
    pub(crate) place: Place,
}

impl SetAsideOptions {
    pub(crate) fn servers(&self) -> Servers {
        self.servers.near(REBALANCES_WITHIN)
    }
}

#[derive(Args)]
pub(crate) struct RefillOptions {
    #[command(flatten)]
    pub(crate) bank: BankOption,
    /// Elasticsearch; with http://NAME:PASSWORD@HOST:PORT where it asks for them.
    #[arg(
        long,
        env = "BANCADA_ELASTICSEARCH",
        default_value = "http://127.0.0.1:9200",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) elasticsearch: HttpAddress,
}

#[derive(Args)]
pub(crate) struct RepublishOptions {
    #[command(flatten)]
    pub(crate) bank: BankOption,
    /// Kafka's brokers.
    #[arg(
        long,
        env = "BANCADA_KAFKA",
        default_value = "127.0.0.1:9092",
        value_name = "HOST:PORT[,HOST:PORT]",
        hide_env_values = true
    )]
    pub(crate) kafka: Brokers,
    /// Where to; made where it does not exist.
    #[arg(long, default_value = "payments", value_name = "NAME")]
    pub(crate) topic: String,
}

/// Where the servers are.
#[derive(Args)]
pub(crate) struct PipelineServers {
    /// Kafka's brokers.
    #[arg(
        long,
        env = "BANCADA_KAFKA",
        default_value = "127.0.0.1:9092",
        value_name = "HOST:PORT[,HOST:PORT]",
        hide_env_values = true
    )]
    kafka: Brokers,
    /// Kafka Connect's REST API.
    #[arg(
        long,
        env = "BANCADA_CONNECT",
        default_value = "http://127.0.0.1:8083",
        value_name = "URL",
        hide_env_values = true
    )]
    connect: HttpAddress,
    /// Elasticsearch; with http://NAME:PASSWORD@HOST:PORT where it asks for them.
    #[arg(
        long,
        env = "BANCADA_ELASTICSEARCH",
        default_value = "http://127.0.0.1:9200",
        value_name = "URL",
        hide_env_values = true
    )]
    elasticsearch: HttpAddress,
}

impl PipelineServers {
    /// For who only asks them.
    fn near(&self, within: Duration) -> Servers {
        let PipelineServers { kafka, connect, elasticsearch } = self;
        Servers {
            kafka: kafka.clone(),
            connect: connect.clone(),
            elasticsearch: elasticsearch.clone(),
            elasticsearch_from_connect: None,
            kibana: None,
            within,
        }
    }
}

#[derive(Args)]
pub(crate) struct ApplyOptions {
    #[command(flatten)]
    servers: PipelineServers,
    /// Elasticsearch as Kafka Connect reaches it, if that is another address.
    #[arg(
        long,
        env = "BANCADA_ELASTICSEARCH_FROM_CONNECT",
        value_name = "URL",
        hide_env_values = true
    )]
    elasticsearch_from_connect: Option<HttpAddress>,
    /// Kibana; without it there is no dashboard.
    #[arg(long, env = "BANCADA_KIBANA", value_name = "URL", hide_env_values = true)]
    kibana: Option<HttpAddress>,
    /// How long a server that does not answer yet is waited for.
    #[arg(long, env = "BANCADA_APPLY_WITHIN", default_value = "10s")]
    within: humantime::Duration,
}

impl ApplyOptions {
    pub(crate) fn servers(&self) -> Servers {
        Servers {
            elasticsearch_from_connect: self.elasticsearch_from_connect.clone(),
            kibana: self.kibana.clone(),
            ..self.servers.near(self.within.into())
        }
    }
}

#[derive(Args)]
pub(crate) struct WatchOptions {
    #[command(flatten)]
    servers: PipelineServers,
    /// Between two looks.
    #[arg(long, env = "BANCADA_WATCH_EVERY", default_value = "10s")]
    every: humantime::Duration,
    /// How long records may wait without any being committed; more than Kafka Connect's
    /// offset.flush.interval.ms.
    #[arg(long, env = "BANCADA_STALLED_AFTER", default_value = "150s")]
    stalled_after: humantime::Duration,
}

impl WatchOptions {
    pub(crate) fn servers(&self) -> Servers {
        self.servers.near(Duration::ZERO)
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch { every: self.every.into(), stalled_after: self.stalled_after.into() }
    }
}

#[derive(Args)]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    servers: PipelineServers,
    #[command(flatten)]
    pub(crate) output: OutputOption,
    /// Where records wait, how long it is looked for one that is committed; more than Kafka
    /// Connect's offset.flush.interval.ms.
    #[arg(long, env = "BANCADA_MOVES_WITHIN", default_value = "15s")]
    pub(crate) moves_within: humantime::Duration,
}

impl StatusOptions {
    pub(crate) fn servers(&self) -> Servers {
        self.servers.near(LOOK_WITHIN)
    }
}
