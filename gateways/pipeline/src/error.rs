//! Why the pipeline could not be set up or looked at, and what to do about it.

use std::fmt;

/// One of the servers that Bancada sets up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Apache Kafka's brokers.
    Kafka,
    /// Kafka Connect.
    Connect,
    /// Elasticsearch.
    Elasticsearch,
    /// Kibana.
    Kibana,
}

impl Server {
    /// The option that says where it is.
    fn option(self) -> &'static str {
        match self {
            Server::Kafka => "--kafka",
            Server::Connect => "--connect",
            Server::Elasticsearch => "--elasticsearch",
            Server::Kibana => "--kibana",
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Server::Kafka => "Kafka",
            Server::Connect => "Kafka Connect",
            Server::Elasticsearch => "Elasticsearch",
            Server::Kibana => "Kibana",
        })
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// Nobody answers there, or not in time.
    #[error(
        "{server} does not answer at {address}: {why}; is it running? {option} says where it is",
        option = server.option()
    )]
    Unreachable {
        /// Which one.
        server: Server,
        /// Where it was looked for.
        address: String,
        /// What the network said.
        why: String,
    },
    /// It answered, but not what was asked for.
    #[error("{server} refuses {what} ({status}): {why}")]
    Refused {
        /// Which one.
        server: Server,
        /// What was asked of it.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What it says about it.
        why: String,
    },
    /// What answers there is something else.
    #[error(
        "what answers at {address} is not {server}: {why}; {option} says where it is",
        option = server.option()
    )]
    Stranger {
        /// Which one was looked for.
        server: Server,
        /// Where.
        address: String,
        /// How one can tell.
        why: String,
    },
    /// Kafka Connect runs without the connector's plugin.
    #[error(
        "Kafka Connect at {address} has no plugin {class}: unpack Confluent's \
         kafka-connect-elasticsearch (confluent-hub install \
         confluentinc/kafka-connect-elasticsearch:15.2.0) into a folder of its plugin.path and \
         start it again"
    )]
    NoPlugin {
        /// Where.
        address: String,
        /// What it should have.
        class: String,
    },
    /// The connector was set up, but does not run.
    #[error("the connector {connector} does not run: {why}")]
    NotRunning {
        /// Which one.
        connector: String,
        /// What Kafka Connect says, or that it says nothing.
        why: String,
    },
    /// A record that is to be put aside does not wait to be copied.
    #[error(
        "the record {place} of payments does not wait: `bancada pipeline status` names the places \
         at which the connector stands"
    )]
    NotWaiting {
        /// Partition and offset.
        place: String,
    },
    /// A topic is there, of another kind.
    #[error(transparent)]
    WrongTopic(#[from] bancada_kafka::WrongTopic),
    /// The index is there, with fields that contradict the template.
    #[error(
        "the index {index} has other fields than these dashboards need: {why}; delete it, and the \
         connector's offsets, and everything is copied again"
    )]
    OtherIndex {
        /// Which one.
        index: String,
        /// What Elasticsearch says.
        why: String,
    },
}
