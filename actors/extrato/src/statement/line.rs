//! One line of a statement.

use bancada_kernel::{DeclineReason, Money, PaymentId, Timestamp, TraceContext};
use serde::{Deserialize, Serialize};

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LineKind {
    /// Authorized, not captured: money is held.
    Hold,
    /// Charged.
    Purchase,
    /// Refused; for information, no money moved.
    Decline,
    /// A hold released.
    Void,
    /// Money returned.
    Refund,
    /// The cardholder paid.
    BillPayment,
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementLine {
    /// Position of its event in the Bank's journal: unique and ascending.
    pub position: u64,
    /// The payment.
    pub transaction_id: PaymentId,
    /// What it is.
    pub kind: LineKind,
    /// Where.
    pub store: String,
    /// What was bought.
    pub description: String,
    /// Positive; the kind says in which direction.
    pub amount: Money,
    /// 1 to 12.
    pub installments: u8,
    /// Why, when it is a decline.
    pub decline: Option<DeclineReason>,
    /// When the Bank decided.
    pub occurred_at: Timestamp,
    /// The request that caused it.
    pub trace: Option<TraceContext>,
}

impl LineKind {
    /// Every kind.
    pub const ALL: [LineKind; 6] = [
        LineKind::Hold,
        LineKind::Purchase,
        LineKind::Decline,
        LineKind::Void,
        LineKind::Refund,
        LineKind::BillPayment,
    ];

    /// The word in JSON and in the store.
    pub fn word(self) -> &'static str {
        match self {
            LineKind::Hold => "hold",
            LineKind::Purchase => "purchase",
            LineKind::Decline => "decline",
            LineKind::Void => "void",
            LineKind::Refund => "refund",
            LineKind::BillPayment => "bill_payment",
        }
    }

    /// The kind of a [`LineKind::word`].
    pub fn from_word(word: &str) -> Option<LineKind> {
        LineKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back() {
        let words = ["hold", "purchase", "decline", "void", "refund", "bill_payment"];
        assert_eq!(LineKind::ALL.map(LineKind::word), words);
        assert_eq!(words.map(LineKind::from_word), LineKind::ALL.map(Some));
        assert_eq!(LineKind::from_word(""), None);
    }
}
