//! What a line of a statement is, for readers and for the API.

use bancada_proto::web::{LineKind, StatementLine};

use crate::text::StatementText;

/// Every kind, in the order the filter lists them.
pub(crate) const ALL: [LineKind; 6] = [
    LineKind::Purchase,
    LineKind::Hold,
    LineKind::Decline,
    LineKind::Void,
    LineKind::Refund,
    LineKind::BillPayment,
];

/// The kind as the API spells it.
pub(crate) fn word(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Hold => "hold",
        LineKind::Purchase => "purchase",
        LineKind::Decline => "decline",
        LineKind::Void => "void",
        LineKind::Refund => "refund",
        LineKind::BillPayment => "bill_payment",
    }
}

/// The kind of a [`word`].
pub(crate) fn from_word(text: &str) -> Option<LineKind> {
    ALL.into_iter().find(|kind| word(*kind) == text)
}

/// The kind in a word or two.
pub(crate) fn name(kind: LineKind) -> StatementText {
    match kind {
        LineKind::Hold => StatementText::Hold,
        LineKind::Purchase => StatementText::Purchase,
        LineKind::Decline => StatementText::Decline,
        LineKind::Void => StatementText::Void,
        LineKind::Refund => StatementText::Refund,
        LineKind::BillPayment => StatementText::BillPayment,
    }
}

/// What the amount of a line means, where it is not simply charged.
pub(crate) fn note(line: &StatementLine) -> Option<StatementText> {
    match line.kind {
        LineKind::Hold if line.has_ended => Some(StatementText::HoldEndedNote),
        LineKind::Hold => Some(StatementText::HoldNote),
        LineKind::Purchase => None,
        LineKind::Decline => Some(StatementText::DeclineNote),
        LineKind::Void => Some(StatementText::VoidNote),
        LineKind::Refund => Some(StatementText::RefundNote),
        LineKind::BillPayment => Some(StatementText::BillPaymentNote),
    }
}

/// The class that colours it.
pub(crate) fn class(line: &StatementLine) -> &'static str {
    match line.kind {
        LineKind::Hold if line.has_ended => "badge",
        LineKind::Hold => "badge badge-open",
        LineKind::Purchase | LineKind::Void => "badge",
        LineKind::Decline => "badge badge-bad",
        LineKind::Refund | LineKind::BillPayment => "badge badge-good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_contract() {
        for kind in ALL {
            let contract = serde_json::to_string(&kind).unwrap();
            assert_eq!(contract, format!("\"{}\"", word(kind)));
            assert_eq!(from_word(word(kind)), Some(kind));
        }
        assert_eq!(from_word("unheard of"), None);
    }
}
