//! The real program, as real processes, from outside: everything in one process and as three,
//! with parts that are stopped, killed and starved.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accept_loss;
mod backup;
mod bills;
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
mod shards;
mod small_disk;
mod spellings;
mod split;
mod start;
mod topics;
mod unreadable;
mod up;
