//! What the auditor is given: what everybody was told, and what is kept.

use bancada_bank::ledger::{Answered, BodyHash, CardAccount, Entry, PaymentStatus, Refusal};
use bancada_checkout::order::{Order, OrderState};
use bancada_extrato::statement::{CardState, LineKind};
use bancada_kernel::{
    CardStatus, CardToken, IdempotencyKey, MerchantId, Money, OrderId, PaymentId,
};

/// Everything, once all is quiet.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What merchants asked, and what they heard.
    pub asked: Vec<Asked>,
    /// What was asked about cards, and how the card stood in the answer.
    pub cards: Vec<CardTold>,
    /// What buyers wanted, and what they heard.
    pub bought: Vec<Bought>,
    /// The Bank's journal, read from its disk.
    pub journal: Vec<Entry>,
    /// The shop's orders, read from its disk.
    pub orders: Vec<Order>,
    /// The statement.
    pub statement: StatementCopy,
}

/// One request of a merchant, however often it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub merchant: MerchantId,
    /// Under which key.
    pub key: IdempotencyKey,
    /// Of what is asked; none for an abandoned key.
    pub body: Option<BodyHash>,
    /// What is asked.
    pub what: What,
    /// Every answer that arrived and was not the same as the one before.
    pub heard: Vec<Heard>,
}

/// What a merchant asks for. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A hold, or a sale.
    Authorize {
        /// With which card.
        card: CardToken,
        /// How much.
        minor: i64,
        /// Whether it is a sale.
        capture: bool,
    },
    /// A capture.
    Capture {
        /// Of which payment.
        payment: PaymentId,
        /// How much.
        minor: i64,
    },
    /// A void.
    Void {
        /// Of which payment.
        payment: PaymentId,
    },
    /// A refund.
    Refund {
        /// Of which payment.
        payment: PaymentId,
        /// How much.
        minor: i64,
    },
    /// That the key be closed.
    Abandon,
}

/// What a merchant heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The answer.
    Told(Told),
    /// The key was used for something else.
    KeyReused,
    /// What was asked makes no sense, in the Bank's words; nothing was done.
    Senseless(String),
}

/// An answer: the payment as it stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which payment.
    pub payment: PaymentId,
    /// Where it stood.
    pub status: PaymentStatus,
    /// What it was asked for with.
    pub amount: Money,
    /// Charged so far.
    pub captured_minor: i64,
    /// Returned so far.
    pub refunded_minor: i64,
    /// Why nothing was done, if so.
    pub refusal: Option<Refusal>,
    /// The position of what was told.
    pub position: u64,
}

impl Told {
    pub(crate) fn of(answered: &Answered) -> Told {
        let Answered { payment, refusal } = answered;
        Told {
            payment: payment.id,
            status: payment.status,
            amount: payment.amount,
            captured_minor: payment.captured_minor,
            refunded_minor: payment.refunded_minor,
            refusal: *refusal,
            position: payment.position,
        }
    }
}

/// A card as somebody was told it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTold {
    /// Which card.
    pub token: CardToken,
    /// After how many of its events.
    pub sequence: u64,
    /// Its limit.
    pub limit: Money,
    /// What is owed on it.
    pub balance: Money,
    /// What is held on it.
    pub held: Money,
    /// Whether it can pay.
    pub status: CardStatus,
}

impl CardTold {
    pub(crate) fn of(card: &CardAccount) -> CardTold {
        CardTold {
            token: card.token.clone(),
            sequence: card.sequence,
            limit: card.limit,
            balance: card.balance,
            held: card.held,
            status: card.status,
        }
    }
}

/// One order that a buyer wants, however often it was sent.
#[derive(Clone, Debug)]
pub struct Bought {
    /// Minted by the buyer.
    pub id: OrderId,
    /// What the shop said: how the order stood, or `None` where its key was used for another.
    pub heard: Vec<Option<OrderState>>,
}

/// What the statement shows.
#[derive(Clone, Debug, Default)]
pub struct StatementCopy {
    /// Every line, in the order in which it was added.
    pub lines: Vec<Line>,
    /// Every card.
    pub cards: Vec<CardState>,
    /// The sum of all faturas of each card, in minor units.
    pub faturas: Vec<(CardToken, i128)>,
}

/// A line, as far as it must agree with the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// On whose statement.
    pub card: CardToken,
    /// Of which event.
    pub position: u64,
    /// Of which payment.
    pub payment: PaymentId,
    /// What it says.
    pub kind: LineKind,
    /// How much.
    pub minor: i64,
}
