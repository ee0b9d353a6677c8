//! The Bank: cards, payments, and the ledger that decides about them.
//!
//! **Architecture invariant:** `ledger` is pure. A decision is a function of the state, the
//! command and the time; applying its entry is the only way the state changes.

pub mod ledger;
