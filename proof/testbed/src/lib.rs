//! What tests and benchmarks share: free ports, waiting, the genuine servers, and a Bank and a
//! statement that run. What a test asks for is there or the test fails by panicking.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::missing_panics_doc, reason = "all of it panics where a test cannot go on")]

#[cfg(feature = "bench")]
pub mod bench;
mod eventually;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "memory")]
mod memory_journal;
mod ports;
#[cfg(feature = "postgresql")]
pub mod postgresql;

pub use eventually::{Looked, PATIENCE, eventually, eventually_blocking};
#[cfg(feature = "memory")]
pub use memory_journal::{Connection, Disk, MemoryJournal};
pub use ports::free_ports;
