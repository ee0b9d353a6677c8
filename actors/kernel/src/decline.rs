//! Why a payment is refused, in the words of ABECS and of Stripe.
//!
//! The codes are those of the Brazilian standard table of return codes (ABECS, Normativo 21, in
//! force since 2020; acquirers publish it by brand), which also says whether the cardholder may
//! try again; the reason words are Stripe's published decline codes where Stripe has one.
//!
//! A shopper may be a thief. So what a shop tells of a card that was reported lost or stolen, or of
//! what looks like fraud, is what it tells of a decline without a reason, as Stripe's documentation
//! asks for (docs.stripe.com/declines/codes: "present as you would the generic_decline"). The
//! merchant and the cardholder know better.

mod text;

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

/// What a shopper can do about a decline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Pay again with the same card.
    TryAgain,
    /// Look whether the card's data are as they are on the card.
    CheckCard,
    /// Pay with another card, or talk to the bank.
    UseAnotherCard,
}

impl Advice {
    /// Stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Advice::TryAgain => "try_again",
            Advice::CheckCard => "check_card",
            Advice::UseAnotherCard => "use_another_card",
        }
    }
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
        self.facts().0
    }

    /// Stable word for programs.
    pub fn word(self) -> &'static str {
        self.facts().1
    }

    /// Whether another attempt with the same card can succeed (ABECS: reversible).
    pub fn retryable(self) -> bool {
        self.facts().2
    }

    /// What a shopper may know of it: this reason, or only that there was one.
    pub fn for_shopper(self) -> DeclineReason {
        match self {
            DeclineReason::LostCard | DeclineReason::StolenCard | DeclineReason::Fraudulent => {
                DeclineReason::DoNotHonor
            }
            told => told,
        }
    }

    /// What a shopper can do. The text says the same.
    pub fn advice(self) -> Advice {
        self.for_shopper().facts().3
    }

    /// For the shopper, in Brazilian Portuguese and in English: why, and what to do.
    pub fn to_shopper(self) -> [&'static str; 2] {
        text::to_shopper(self.for_shopper())
    }

    /// For the cardholder, in Brazilian Portuguese and in English: why, whoever it was that paid.
    pub fn to_cardholder(self) -> [&'static str; 2] {
        text::to_cardholder(self)
    }

    /// The reason of a [`DeclineReason::word`].
    pub fn from_word(word: &str) -> Option<DeclineReason> {
        DeclineReason::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// Code, word, whether ABECS calls it reversible, and what a shopper can do.
    fn facts(self) -> (&'static str, &'static str, bool, Advice) {
        use Advice::{CheckCard, TryAgain, UseAnotherCard};
        match self {
            DeclineReason::UnknownCard => ("14", "incorrect_number", false, CheckCard),
            DeclineReason::CardCancelled => ("77", "card_cancelled", false, UseAnotherCard),
            DeclineReason::CardBlocked => ("78", "card_blocked", true, TryAgain),
            DeclineReason::LostCard => ("41", "lost_card", false, UseAnotherCard),
            DeclineReason::StolenCard => ("43", "stolen_card", false, UseAnotherCard),
            DeclineReason::ExpiredCard => ("54", "expired_card", false, CheckCard),
            DeclineReason::IncorrectCvc => ("N7", "incorrect_cvc", true, CheckCard),
            DeclineReason::Fraudulent => ("59", "fraudulent", false, UseAnotherCard),
            DeclineReason::InsufficientFunds => ("51", "insufficient_funds", true, TryAgain),
            DeclineReason::VelocityExceeded => ("65", "card_velocity_exceeded", true, TryAgain),
            DeclineReason::NotPermitted => ("57", "transaction_not_allowed", false, UseAnotherCard),
            DeclineReason::DoNotHonor => ("05", "generic_decline", true, UseAnotherCard),
            DeclineReason::ProcessingError => ("96", "processing_error", true, TryAgain),
            DeclineReason::IssuerTimeout => ("91", "issuer_not_available", true, TryAgain),
            DeclineReason::Abandoned => ("99", "abandoned", true, TryAgain),
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
        }
        assert_eq!(DeclineReason::from_word("approved"), None);
    }

    #[test]
    fn a_shopper_cannot_tell_a_stolen_card_from_any_other() {
        let shown = |reason: DeclineReason| {
            let told = reason.for_shopper();
            (told.code(), told.word(), told.retryable(), reason.advice(), reason.to_shopper())
        };
        let generic = shown(DeclineReason::DoNotHonor);
        let secret =
            [DeclineReason::LostCard, DeclineReason::StolenCard, DeclineReason::Fraudulent];
        for reason in DeclineReason::ALL {
            let is_generic = reason == DeclineReason::DoNotHonor || secret.contains(&reason);
            assert_eq!(shown(reason) == generic, is_generic, "{reason:?}");
        }
    }

    /// Every code in both languages: the text advises what the page offers, and nothing else.
    #[test]
    fn no_text_contradicts_its_advice() {
        const AGAIN: [&str; 2] = ["de novo", "again"];
        const CHECK: [&str; 2] = ["Confira", "Check"];
        const ANOTHER: [&str; 2] = ["outro cartão", "another card"];
        for reason in DeclineReason::ALL {
            for language in 0..2 {
                let text = reason.to_shopper()[language];
                let says = |words: [&str; 2]| text.contains(words[language]);
                let told = (says(AGAIN), says(CHECK), says(ANOTHER));
                let expected = match reason.advice() {
                    // What helps is in the text as well: to wait, to buy less, to ask the bank.
                    Advice::TryAgain => (true, false, told.2),
                    Advice::CheckCard => (true, true, told.2),
                    Advice::UseAnotherCard => (false, false, true),
                };
                assert_eq!(told, expected, "{reason:?}: {text}");
                if reason.advice() == Advice::TryAgain {
                    assert!(reason.retryable(), "{reason:?}");
                }
            }
        }
    }

    /// A cardholder has not necessarily paid, and cannot do anything in the shop.
    #[test]
    fn a_statement_has_words_of_its_own() {
        let advice = ["again", "another card", "Check", "de novo", "outro cartão", "Confira"];
        let mut seen = HashSet::new();
        for reason in DeclineReason::ALL {
            for (text, to_shopper) in reason.to_cardholder().into_iter().zip(reason.to_shopper()) {
                assert!(seen.insert(text), "{reason:?}: two reasons read the same");
                assert_ne!(text, to_shopper, "{reason:?}");
                for word in advice {
                    assert!(!text.contains(word), "{reason:?}: {text}");
                }
            }
        }
    }

    #[test]
    fn every_text_is_whole() {
        for reason in DeclineReason::ALL {
            for text in reason.to_shopper().into_iter().chain(reason.to_cardholder()) {
                assert!(text.ends_with('.') && !text.contains("  "), "{reason:?}: {text}");
            }
        }
    }
}
