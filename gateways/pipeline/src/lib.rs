//! From Kafka to the dashboards: Kafka Connect copies the topic `payments` into Elasticsearch,
//! where Kibana draws it. Nothing of Bancada runs in between, so this sets the others up
//! ([`apply`]) and looks whether they work ([`status`]), through their REST APIs.
//!
//! What they are told is in `observability/`, as files that anybody can apply by hand.

mod address;
mod apply;
mod aside;
mod connect;
mod copies;
mod document;
mod documents;
mod elasticsearch;
mod error;
mod kibana;
mod lag;
mod payment_documents;
mod refill;
mod rest;
mod status;
mod topics;
mod watch;

pub use address::{BadHttpAddress, HttpAddress};
pub use apply::{Applied, Outcome, apply};
pub use aside::set_aside;
pub use copies::Copies;
pub use documents::{Documents, WORKER_PROPERTIES};
pub use error::{PipelineError, Server};
pub use lag::{Lag, Standing, lag};
pub use payment_documents::{Document, payment_documents};
pub use refill::Refill;
pub use status::{ConnectorStatus, DeadLetters, Status, TaskStatus, status};
pub use watch::{Restarted, Watch, watch};

use std::time::Duration;

use bancada_kafka::Brokers;

/// Where everything is.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Kafka's brokers.
    pub kafka: Brokers,
    /// Kafka Connect's REST API.
    pub connect: HttpAddress,
    /// Elasticsearch.
    pub elasticsearch: HttpAddress,
    /// Elasticsearch as Kafka Connect reaches it, where that is another address.
    pub elasticsearch_from_connect: Option<HttpAddress>,
    /// Kibana, where there is one.
    pub kibana: Option<HttpAddress>,
    /// How long a server that does not answer yet is waited for.
    pub within: Duration,
}
