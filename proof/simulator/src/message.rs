//! What travels between the parties. Every message may be lost, late or doubled.

use std::rc::Rc;

use bancada_bank::ledger::{
    Abandon, Authorize, Capture, ChangeLimit, IssueCard, PayBill, Refund, SetCardStatus, Void,
};
use bancada_kernel::{IdempotencyKey, MerchantId};

use crate::evidence::{CardTold, Told};

/// Who asks the Bank, and is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    /// A merchant; its request in the log.
    Merchant(usize),
    /// The shop; its call.
    Shop(u64),
    /// Whoever looks after cards.
    Cards,
}

/// A request to the Bank. A copy is the same request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) from: Party,
    pub(crate) ask: Rc<Ask>,
}

/// What the Bank is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Authorize(Authorize),
    Capture(Capture),
    Void(Void),
    Refund(Refund),
    Abandon(Abandon),
    Find { merchant: MerchantId, key: IdempotencyKey },
    IssueCard(IssueCard),
    SetCardStatus(SetCardStatus),
    ChangeLimit(ChangeLimit),
    PayBill(PayBill),
}

/// What the Bank answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) to: Party,
    pub(crate) answer: Answer,
}

/// An answer of the Bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Told(Told),
    /// Nothing is known under the key.
    NotFound,
    Card(CardTold),
    KeyReused,
    Senseless(String),
    /// No room; nothing was done.
    Full,
}
