//! The statement as a fold over events, and the questions that can be asked about it.
//!
//! **Architecture invariant:** pure. No clock, no I/O of its own: rows are read and written
//! through [`Rows`], time comes in as an argument.

mod bill;
mod card;
mod cycle;
mod dead_letter;
mod filter;
mod fold;
mod held;
mod line;
mod project;
mod search;

#[cfg(test)]
pub(crate) mod history;
#[cfg(test)]
pub(crate) mod memory;
#[cfg(test)]
mod tests;

pub use bill::{BillOutcome, BillPayment, answered_bill, settle_bill};
pub use card::{CardState, StatementCard};
pub use cycle::Cycle;
pub use dead_letter::DeadLetter;
pub use filter::Filter;
pub use fold::{Applied, Rows, Update, fold};
pub use held::{HeldCard, hold_behind, release};
pub use line::{LineKind, StatementLine};
pub use project::{Step, project};
pub use search::searchable;
