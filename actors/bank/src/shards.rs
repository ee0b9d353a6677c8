//! Which of several ledgers answers an idempotency key: the rule, for whoever moves the messages.
//!
//! **Architecture invariant:** no actor and no clock; the simulator runs the same code.

mod key_homes;
mod keyed;
mod part;

pub use key_homes::{KeyHomes, KeyOwner};
pub use keyed::Keyed;
pub use part::Part;
