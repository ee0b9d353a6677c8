//! The ledger: state, the entries that change it, and one file per command.
//!
//! `decide` of a command reads the state and returns the [`Entry`] to record; [`Ledger::apply`]
//! folds an entry into the state. Replaying the recorded entries gives the same state (L6).

mod abandon;
mod accept_loss;
mod account;
mod answers;
mod authorize;
mod capture;
mod change_limit;
mod entry;
mod expire;
mod growing;
mod invariant;
mod issue_card;
mod key_scope;
mod operation;
mod pay_bill;
mod payment;
mod payments;
mod posting;
mod refund;
mod repeated_texts;
mod run_time;
mod set_card_status;
mod snapshot;
mod state;
mod void;

pub use abandon::Abandon;
pub use accept_loss::AcceptLoss;
pub use account::CardAccount;
pub use answers::ANSWERS_KEPT_MS;
pub use authorize::{Authorize, AuthorizeError, CardPresented};
pub use capture::{Capture, CaptureError, CaptureRefusal};
pub use change_limit::{ChangeLimit, ChangeLimitError};
pub use entry::{Entry, IssuedCard, RequestIdentity};
pub use expire::{Expire, HOLD_MS};
pub use invariant::{Breach, check, check_state};
pub use issue_card::{IssueCard, IssueCardError};
pub use key_scope::{Answer, Answered, BodyHash, Decision, KeyReused, Stamp};
pub use operation::{Operation, Refusal};
pub use pay_bill::{BillPayment, PayBill, PayBillError};
pub use payment::{Payment, PaymentCard, PaymentStatus};
pub use posting::{Account, Posting};
pub use refund::{Refund, RefundError, RefundRefusal};
pub use run_time::{Run, RunTime};
pub use set_card_status::{SetCardStatus, SetCardStatusError};
pub use snapshot::{Part, Restoring, STATE_VERSION, Unfit};
pub use state::Ledger;
pub use void::{Void, VoidError, VoidRefusal};

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod old_amounts;
#[cfg(test)]
mod random_lives;
