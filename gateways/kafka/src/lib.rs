//! Kafka at the edges of the Bank and of the statement.
//!
//! Two pairs of gateway actors. The [`Producer`] delivers the Bank's events to the topic
//! `payments`, the [`Consumer`] reads them for the statement; the [`BillProducer`] delivers what
//! cardholders pay to the topic `bill-payments`, the [`BillConsumer`] reads it for the Bank. The
//! Bank and the statement know only their ports, [`KafkaPublisher`], [`KafkaSource`] and
//! [`KafkaBills`], and work on while an actor is being restarted.

mod address;
mod bills;
mod consumer;
mod context;
mod decode;
mod encode;
mod past;
mod producer;
mod reader;
#[cfg(test)]
mod schema;
mod thread;
mod topic;

pub use address::{BadBrokers, Brokers};
pub use bills::{BillConsumer, BillProducer, KafkaBills};
pub use consumer::{Consumer, KafkaSource};
pub use decode::{EventValueError, event_from_value};
pub use encode::event_to_value;
pub use past::{PastRecord, Place, TopicPast};
pub use producer::{KafkaPublisher, Producer};
pub use topic::Topic;
