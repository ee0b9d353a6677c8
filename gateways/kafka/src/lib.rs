//! Kafka at the edges of the Bank and of the statement.
//!
//! Gateway actors. The [`Producer`] delivers the Bank's events to the topic `payments`, the
//! [`Consumer`] reads them for the statement; a [`RecordWriter`] delivers what cardholders pay to
//! the topic `bill-payments`, the [`BillConsumer`] reads it for the Bank; another [`RecordWriter`]
//! hands on what the statement could not read. The Bank and the statement know only their ports,
//! [`KafkaPublisher`], [`KafkaSource`], [`KafkaBills`] and [`KafkaDeadLetters`], and work on while
//! an actor is being restarted.

mod address;
mod bills;
mod connection;
mod consumer;
mod context;
mod dead_letters;
mod past;
mod producer;
mod progress;
mod reader;
#[cfg(test)]
mod schema;
mod set_aside;
mod statistics;
mod thread;
mod topic;
mod trouble;
mod watcher;
mod writer;

pub use address::{BadBrokers, Brokers};
pub use bills::{BillConsumer, KafkaBills};
pub use consumer::{Consumer, KafkaSource};
pub use dead_letters::KafkaDeadLetters;
pub use past::TopicPast;
pub use producer::{KafkaPublisher, Producer, Republisher};
pub use set_aside::NotStuck;
pub use topic::{Topic, TopicError, WrongTopic};
pub use watcher::TopicWatcher;
pub use writer::RecordWriter;
