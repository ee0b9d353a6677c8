//! The Bank's actors from outside: through the handle, on a journal in memory whose faults the
//! test decides.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connection;
mod crashes;
mod disk;
mod following;
mod life;
mod memory_snapshots;
mod payments;
mod proof;
mod running_bank;
mod shard_keys;
mod shards;
mod snapshots;
