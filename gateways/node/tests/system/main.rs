//! The real program, as real processes, from outside: everything in one process and as three,
//! with parts that are stopped, killed and starved.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accept_loss;
mod backup;
mod bills;
#[path = "../../../kafka/tests/events/broker.rs"]
#[allow(dead_code, reason = "the tests of the Kafka edge use the rest")]
mod broker;
mod brokers;
mod crashes;
mod damage;
mod descriptors;
mod disk;
mod doors;
mod earlier_version;
mod identifiers;
mod kafka;
mod kills;
mod life;
#[allow(dead_code, reason = "the campaign uses the rest")]
mod load;
#[allow(dead_code, reason = "the campaign uses the rest")]
mod parts;
#[path = "../../../database/tests/journal/pooler.rs"]
#[allow(dead_code, reason = "the tests of the stores use the rest")]
mod pooler;
mod ports;
mod postgres;
mod postgres_of_yesterday;
mod program;
mod refusals;
mod rewind;
mod said;
mod scanner;
mod secrets;
mod secrets_in_memory;
mod secrets_on_servers;
#[path = "../../../kafka/tests/events/segments.rs"]
mod segments;
#[path = "../../../database/tests/journal/server.rs"]
#[allow(dead_code, reason = "the tests of the journal use the rest")]
mod server;
mod shards;
mod small_disk;
mod spellings;
mod split;
mod start;
mod topics;
mod unreadable;
mod up;
