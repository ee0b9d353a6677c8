//! The Bank: cards, payments, and the ledger that decides about them.
//!
//! **Architecture invariant:** `ledger` is pure. A decision is a function of the state, the
//! command and the time; applying its entry is the only way the state changes.
//!
//! **Architecture invariant:** outside this crate the actors are reached by the [`BankHandle`]
//! alone; and nobody, not even a reader, is answered before what the answer shows is durable.

#![cfg_attr(not(feature = "shell"), allow(dead_code, reason = "the shell uses it"))]

#[cfg(feature = "shell")]
mod answer;
#[cfg(feature = "shell")]
mod demo_cards;
#[cfg(feature = "shell")]
mod feed;
#[cfg(feature = "shell")]
mod handle;
pub mod ledger;
pub mod ports;
pub mod proof;
pub mod recovery;
#[cfg(feature = "shell")]
mod routing;
pub mod shards;
#[cfg(feature = "shell")]
mod shell;
#[cfg(feature = "shell")]
mod tree;
mod vault;

#[cfg(feature = "shell")]
pub use answer::{
    AbandonError, Answers, BankError, BillAnswer, BillFailure, BillRequest, CaptureFailure,
    CardError, CardRequest, LimitError, LimitRequest, NumberedRequest, OperationAnswer,
    OperationRequest, PaymentAnswer, PaymentError, PaymentQuery, PaymentRequest, QueryError,
    RefundFailure, StatusError, StatusRequest, VoidFailure,
};
#[cfg(feature = "shell")]
pub use feed::{Feed, FeedBatch, FeedReader};
#[cfg(feature = "shell")]
pub use handle::BankHandle;
#[cfg(feature = "shell")]
pub use tree::{BankParts, OpenMark, ProofParts, ShardParts, SnapshotParts, bank};
pub use vault::Vault;
