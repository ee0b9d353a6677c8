//! The Bank: cards, payments, and the ledger that decides about them.
//!
//! **Architecture invariant:** `ledger` is pure. A decision is a function of the state, the
//! command and the time; applying its entry is the only way the state changes.
//!
//! **Architecture invariant:** outside this crate there is only the [`BankHandle`]; and nobody,
//! not even a reader, is answered before what the answer shows is durable.

mod answer;
mod demo_cards;
mod feed;
mod handle;
pub mod ledger;
pub mod ports;
pub mod proof;
pub mod recovery;
mod routing;
pub mod shards;
mod shell;
mod tree;
mod vault;

pub use answer::{
    AbandonError, Answers, BankError, BillAnswer, BillFailure, BillRequest, CaptureFailure,
    CardError, CardRequest, LimitError, LimitRequest, NumberedRequest, OperationAnswer,
    OperationRequest, PaymentAnswer, PaymentError, PaymentQuery, PaymentRequest, QueryError,
    RefundFailure, StatusError, StatusRequest, VoidFailure,
};
pub use feed::{Feed, FeedBatch, FeedReader};
pub use handle::BankHandle;
pub use tree::{BankParts, OpenMark, ProofParts, ShardParts, SnapshotParts, bank};
pub use vault::Vault;
