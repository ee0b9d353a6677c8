//! Why a payment is refused, in the words of ABECS and of Stripe.
//!
//! The codes are those of the Brazilian standard table of return codes (ABECS, Normativo 21, in
//! force since 2020; acquirers publish it by brand), which also says whether the cardholder may
//! try again; the reason words are Stripe's published decline codes where Stripe has one.

use serde::{Deserialize, Serialize};

/// A reason to refuse. An answer, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeclineReason {
    /// The Bank has no card of this number.
    UnknownCard,
    /// Cancelled for good.
    CardCancelled,
    /// Blocked, until its holder unblocks it.
    CardBlocked,
    /// Reported lost.
    LostCard,
    /// Reported stolen.
    StolenCard,
    /// Past its expiry, or not the expiry on the card.
    ExpiredCard,
    /// Not the security code on the card.
    IncorrectCvc,
    /// Looks like fraud.
    Fraudulent,
    /// More than the available limit.
    InsufficientFunds,
    /// Too many payments in a short time.
    VelocityExceeded,
    /// The card does not do this kind of payment.
    NotPermitted,
    /// Refused without a reason given.
    DoNotHonor,
    /// A passing fault at the issuer.
    ProcessingError,
    /// The issuer did not answer in time.
    IssuerTimeout,
    /// The merchant closed the attempt before the Bank saw it.
    Abandoned,
}

struct Facts {
    code: &'static str,
    word: &'static str,
    retryable: bool,
    en: &'static str,
    pt_br: &'static str,
}

impl DeclineReason {
    /// Every reason.
    pub const ALL: [DeclineReason; 15] = [
        DeclineReason::UnknownCard,
        DeclineReason::CardCancelled,
        DeclineReason::CardBlocked,
        DeclineReason::LostCard,
        DeclineReason::StolenCard,
        DeclineReason::ExpiredCard,
        DeclineReason::IncorrectCvc,
        DeclineReason::Fraudulent,
        DeclineReason::InsufficientFunds,
        DeclineReason::VelocityExceeded,
        DeclineReason::NotPermitted,
        DeclineReason::DoNotHonor,
        DeclineReason::ProcessingError,
        DeclineReason::IssuerTimeout,
        DeclineReason::Abandoned,
    ];

    /// ABECS return code.
    pub fn code(self) -> &'static str {
        self.facts().code
    }

    /// Stable word for programs.
    pub fn word(self) -> &'static str {
        self.facts().word
    }

    /// Whether another attempt with the same card can succeed (ABECS: reversible).
    pub fn retryable(self) -> bool {
        self.facts().retryable
    }

    /// For the buyer, in English: why, and what to do.
    pub fn message_en(self) -> &'static str {
        self.facts().en
    }

    /// For the buyer, in Brazilian Portuguese: why, and what to do.
    pub fn message_pt_br(self) -> &'static str {
        self.facts().pt_br
    }

    /// The reason of a [`DeclineReason::word`].
    pub fn from_word(word: &str) -> Option<DeclineReason> {
        DeclineReason::ALL.into_iter().find(|reason| reason.word() == word)
    }

    fn facts(self) -> Facts {
        let facts = |code, word, retryable, en, pt_br| Facts { code, word, retryable, en, pt_br };
        match self {
            DeclineReason::UnknownCard => facts(
                "14",
                "incorrect_number",
                false,
                "The bank does not know this card number. Check the number or use another card.",
                "O banco não conhece este número de cartão. Confira o número ou use outro cartão.",
            ),
            DeclineReason::CardCancelled => facts(
                "77",
                "card_cancelled",
                false,
                "This card was cancelled. Use another card.",
                "Este cartão foi cancelado. Use outro cartão.",
            ),
            DeclineReason::CardBlocked => facts(
                "78",
                "card_blocked",
                true,
                "This card is blocked. Unblock it with your bank or use another card.",
                "Este cartão está bloqueado. Desbloqueie com seu banco ou use outro cartão.",
            ),
            DeclineReason::LostCard => facts(
                "41",
                "lost_card",
                false,
                "This card was reported lost. Use another card.",
                "Este cartão consta como perdido. Use outro cartão.",
            ),
            DeclineReason::StolenCard => facts(
                "43",
                "stolen_card",
                false,
                "This card was reported stolen. Use another card.",
                "Este cartão consta como roubado. Use outro cartão.",
            ),
            DeclineReason::ExpiredCard => facts(
                "54",
                "expired_card",
                false,
                "The card has expired or the expiry date is not the card's. Check it or use \
                 another card.",
                "O cartão venceu ou a validade não confere. Confira a data ou use outro cartão.",
            ),
            DeclineReason::IncorrectCvc => facts(
                "N7",
                "incorrect_cvc",
                true,
                "The security code is wrong. Check the code on the card and try again.",
                "O código de segurança está errado. Confira o código no cartão e tente de novo.",
            ),
            DeclineReason::Fraudulent => facts(
                "59",
                "fraudulent",
                false,
                "The bank suspects fraud. Contact your bank or use another card.",
                "O banco suspeita de fraude. Fale com seu banco ou use outro cartão.",
            ),
            DeclineReason::InsufficientFunds => facts(
                "51",
                "insufficient_funds",
                true,
                "The amount is over the card's available limit. Buy less or use another card.",
                "O valor passa do limite disponível. Reduza a compra ou use outro cartão.",
            ),
            DeclineReason::VelocityExceeded => facts(
                "65",
                "card_velocity_exceeded",
                true,
                "Too many payments with this card in a short time. Wait and try again.",
                "Muitos pagamentos com este cartão em pouco tempo. Espere e tente de novo.",
            ),
            DeclineReason::NotPermitted => facts(
                "57",
                "transaction_not_allowed",
                false,
                "This card does not allow this kind of payment. Use another card.",
                "Este cartão não permite este tipo de pagamento. Use outro cartão.",
            ),
            DeclineReason::DoNotHonor => facts(
                "05",
                "generic_decline",
                true,
                "The bank declined without giving a reason. Contact your bank or use another \
                 card.",
                "O banco recusou sem informar o motivo. Fale com seu banco ou use outro cartão.",
            ),
            DeclineReason::ProcessingError => facts(
                "96",
                "processing_error",
                true,
                "The bank had a fault while processing. Try again in a moment.",
                "O banco teve uma falha ao processar. Tente de novo em instantes.",
            ),
            DeclineReason::IssuerTimeout => facts(
                "91",
                "issuer_not_available",
                true,
                "The bank did not answer in time. Nothing was charged; try again.",
                "O banco não respondeu a tempo. Nada foi cobrado; tente de novo.",
            ),
            DeclineReason::Abandoned => facts(
                "99",
                "abandoned",
                true,
                "The payment was given up before it reached the bank. Nothing was charged; try \
                 again.",
                "O pagamento foi abandonado antes de chegar ao banco. Nada foi cobrado; tente de \
                 novo.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_and_codes_are_distinct_and_lead_back() {
        let words: HashSet<_> = DeclineReason::ALL.iter().map(|reason| reason.word()).collect();
        let codes: HashSet<_> = DeclineReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(words.len(), DeclineReason::ALL.len());
        assert_eq!(codes.len(), DeclineReason::ALL.len());
        for reason in DeclineReason::ALL {
            assert_eq!(DeclineReason::from_word(reason.word()), Some(reason));
            assert!(!reason.message_en().contains("  "), "{reason:?}");
            assert!(!reason.message_pt_br().contains("  "), "{reason:?}");
        }
        assert_eq!(DeclineReason::from_word("approved"), None);
    }
}
