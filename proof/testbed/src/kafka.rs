//! Apache Kafka, and its topics as somebody else may change them.

mod broker;
mod segments;

pub use broker::{Broker, add_partitions, alter_topic, delete_topic, make_topic};
pub use segments::{mend, spoil, with_records};
