//! The Bank, the shop and the statement in one thread, on a clock and on disks that are made up,
//! with every fault drawn from a seed.
//!
//! What decides is the product's own code: the ledger with its journal's records, the order
//! machine, the fold of the statement. What moves messages between them is here once more,
//! without actors, threads, clock and I/O, so that the same seed gives the same history to the
//! byte. An [`audit`] holds what everybody was told against what is kept, and shares no code with
//! the ledger.
//!
//! **Architecture invariant:** nothing here reads a clock, the environment or a file.

mod agenda;
mod auditor;
mod bank;
mod body;
mod broker;
mod draw;
mod evidence;
mod history;
mod message;
mod planted;
mod row;
mod run;
mod shards;
mod shop;
mod shrink;
mod statement;
mod switches;
#[cfg(test)]
mod tests;
mod world;

pub use auditor::audit;
pub use evidence::{Asked, Bought, CardTold, Evidence, Heard, Line, StatementCopy, Told, What};
pub use history::Detail;
pub use run::{Outcome, Plan, run};
pub use shrink::{Shrunk, shrink};
pub use switches::{Counts, Kind, Switches};
