//! What is recorded: the one thing that changes the ledger.

use bancada_kernel::{DeclineReason, Expiry, IdempotencyKey, PaymentEvent};
use serde::{Deserialize, Serialize};

use super::key_scope::BodyHash;
use super::operation::Refusal;
use super::posting::Posting;
use super::run_time::RunTime;

/// One committed change: the event that leaves the Bank, and what only the Bank keeps of it.
///
/// The journal is also the outbox: an entry is durable together with its event and with the
/// answer to its idempotency key, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What everybody may know. Its position is the entry's.
    pub event: PaymentEvent,
    /// The movements of money; empty where none moved. They sum to zero (L1).
    pub postings: Vec<Posting>,
    /// Whose request this answers, for payments.
    pub request: Option<RequestIdentity>,
    /// What the Bank alone knows of a new card.
    pub issued: Option<IssuedCard>,
    /// Why nothing was done with the payment; the answer to the request, like any other.
    pub refusal: Option<Refusal>,
    /// How long Banks had run on this journal; absent in entries from before it was recorded.
    pub ran: Option<RunTime>,
}

/// The idempotency key a payment was asked for with; its merchant is in the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestIdentity {
    /// The key.
    pub key: IdempotencyKey,
    /// Of the request's body; `None` for an abandoned key, whose body was never seen.
    pub body: Option<BodyHash>,
}

/// Facts of a card that do not leave the Bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCard {
    /// Valid through this month.
    pub expiry: Expiry,
    /// The reason with which a demo card declines every payment.
    pub always_declines: Option<DeclineReason>,
}

impl Entry {
    /// An entry that only says what happened: no money moves, and nobody asked with a key.
    pub(super) fn of_event(event: PaymentEvent, ran: RunTime) -> Entry {
        let (postings, ran) = (Vec::new(), Some(ran));
        Entry { event, postings, request: None, issued: None, refusal: None, ran }
    }

    /// By what answers grow old.
    pub(super) fn run_time(&self) -> RunTime {
        self.ran.unwrap_or_else(|| RunTime::of_wall_clock(self.event.occurred_at))
    }
}
