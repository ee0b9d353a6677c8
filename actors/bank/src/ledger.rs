//! The ledger: state, the entries that change it, and one file per command.
//!
//! `decide` of a command reads the state and returns the [`Entry`] to record; [`Ledger::apply`]
//! folds an entry into the state. Replaying the recorded entries gives the same state (L6).

mod abandon;
mod account;
mod authorize;
mod entry;
mod invariant;
mod issue_card;
mod key_scope;
mod payment;
mod posting;
mod set_card_status;
mod state;

pub use abandon::Abandon;
pub use account::CardAccount;
pub use authorize::{Authorize, AuthorizeError, CardPresented};
pub use entry::{Entry, IssuedCard, RequestIdentity};
pub use invariant::{Breach, check};
pub use issue_card::{IssueCard, IssueCardError};
pub use key_scope::{BodyHash, Decision, KeyReused, Stamp};
pub use payment::{Payment, PaymentStatus};
pub use posting::{Account, Posting};
pub use set_card_status::{SetCardStatus, SetCardStatusError};
pub use state::Ledger;

#[cfg(test)]
mod fixture;
