//! The demo cards, with the numbers that Stripe, acquirers and Cielo publish for testing.
//!
//! Stripe's numbers decline each with its own reason (docs.stripe.com/testing). Cielo's sandbox
//! decides by the last digit (developercielo.github.io): 0, 1 and 4 approve, 2 is not
//! authorized, 3 expired, 5 blocked, 6 timed out, 7 cancelled, 8 has a problem. Cielo makes 9
//! random; nothing here is random, so 9 approves and its tiny limit declines soon after.

use crate::brand::Brand;
use crate::decline::DeclineReason;

/// What a demo card does with a payment that would otherwise be approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Approves, within the limit.
    Approved,
    /// Declines, always with this reason.
    Declined(DeclineReason),
}

/// Which published table a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A number of a brand, widely published for tests.
    Brands,
    /// Stripe's numbers by decline reason.
    Stripe,
    /// Cielo's rule of the last digit.
    Cielo,
}

/// One seeded card. Any security code of the brand's length is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestCard {
    /// The full number; it is published, not secret.
    pub number: &'static str,
    /// Demo cardholder.
    pub holder: &'static str,
    /// Its brand.
    pub brand: Brand,
    /// Valid through this month.
    pub expiry: (u16, u8),
    /// What it does.
    pub outcome: TestOutcome,
    /// Where the number comes from.
    pub dialect: Dialect,
    /// Credit limit in centavos.
    pub limit_minor: i64,
}

impl TestCard {
    /// The number with spaces where it is embossed: 4-6-5 on an Amex, fours elsewhere.
    pub fn printed_number(&self) -> String {
        let is_gap = |place: usize| match self.brand {
            Brand::Amex => place == 4 || place == 10,
            _ => place > 0 && place.is_multiple_of(4),
        };
        let mut printed = String::new();
        for (place, digit) in self.number.chars().enumerate() {
            if is_gap(place) {
                printed.push(' ');
            }
            printed.push(digit);
        }
        printed
    }
}

const fn card(
    number: &'static str,
    holder: &'static str,
    brand: Brand,
    dialect: Dialect,
    outcome: TestOutcome,
) -> TestCard {
    TestCard {
        number,
        holder,
        brand,
        expiry: (2035, 12),
        outcome,
        dialect,
        // R$ 10.000,00
        limit_minor: 1_000_000,
    }
}

const fn declined(number: &'static str, dialect: Dialect, reason: DeclineReason) -> TestCard {
    let holder = match dialect {
        Dialect::Cielo => "Caio Teste",
        _ => "Dora Teste",
    };
    card(number, holder, Brand::Visa, dialect, TestOutcome::Declined(reason))
}

const fn cielo(number: &'static str) -> TestCard {
    card(number, "Caio Teste", Brand::Visa, Dialect::Cielo, TestOutcome::Approved)
}

use Dialect::{Brands, Cielo, Stripe};
use TestOutcome::Approved;

/// Every seeded card, in the order the pay page lists them.
pub const TEST_CARDS: &[TestCard] = &[
    card("4242424242424242", "Ana Teste", Brand::Visa, Brands, Approved),
    card("5555555555554444", "Ana Teste", Brand::Mastercard, Brands, Approved),
    card("6362970000457013", "Bruno Teste", Brand::Elo, Brands, Approved),
    card("6062825624254001", "Bruno Teste", Brand::Hipercard, Brands, Approved),
    card("378282246310005", "Ana Teste", Brand::Amex, Brands, Approved),
    declined("4000000000000002", Stripe, DeclineReason::DoNotHonor),
    declined("4000000000009995", Stripe, DeclineReason::InsufficientFunds),
    declined("4000000000009987", Stripe, DeclineReason::LostCard),
    declined("4000000000009979", Stripe, DeclineReason::StolenCard),
    declined("4000000000000069", Stripe, DeclineReason::ExpiredCard),
    declined("4000000000000127", Stripe, DeclineReason::IncorrectCvc),
    declined("4000000000000119", Stripe, DeclineReason::ProcessingError),
    declined("4000000000006975", Stripe, DeclineReason::VelocityExceeded),
    declined("4100000000000019", Stripe, DeclineReason::Fraudulent),
    cielo("4024007100000040"),
    cielo("4024007100000081"),
    declined("4024007100000032", Cielo, DeclineReason::DoNotHonor),
    declined("4024007100000073", Cielo, DeclineReason::ExpiredCard),
    cielo("4024007100000024"),
    declined("4024007100000065", Cielo, DeclineReason::CardBlocked),
    declined("4024007100000016", Cielo, DeclineReason::IssuerTimeout),
    declined("4024007100000057", Cielo, DeclineReason::CardCancelled),
    declined("4024007100000008", Cielo, DeclineReason::NotPermitted),
    TestCard { limit_minor: 10_000, ..cielo("4024007100000099") },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::card_number::CardNumber;

    #[test]
    fn every_number_is_a_real_one_of_its_brand() {
        let mut seen = HashSet::new();
        for card in TEST_CARDS {
            let number = CardNumber::parse(card.number);
            assert_eq!(number.map(|n| n.brand()), Ok(card.brand), "{}", card.number);
            assert!(seen.insert(card.number), "{} stands twice", card.number);
        }
    }

    #[test]
    fn numbers_are_grouped_as_they_are_embossed() {
        assert_eq!(TEST_CARDS[0].printed_number(), "4242 4242 4242 4242");
        assert_eq!(TEST_CARDS[4].printed_number(), "3782 822463 10005");
    }

    #[test]
    fn every_last_digit_of_cielo_is_there_and_does_what_cielo_says() {
        for (digit, expected) in [
            ('0', Approved),
            ('1', Approved),
            ('2', TestOutcome::Declined(DeclineReason::DoNotHonor)),
            ('3', TestOutcome::Declined(DeclineReason::ExpiredCard)),
            ('4', Approved),
            ('5', TestOutcome::Declined(DeclineReason::CardBlocked)),
            ('6', TestOutcome::Declined(DeclineReason::IssuerTimeout)),
            ('7', TestOutcome::Declined(DeclineReason::CardCancelled)),
            ('8', TestOutcome::Declined(DeclineReason::NotPermitted)),
            ('9', Approved),
        ] {
            let found = TEST_CARDS
                .iter()
                .filter(|card| card.dialect == Cielo && card.number.ends_with(digit))
                .map(|card| card.outcome)
                .collect::<Vec<_>>();
            assert_eq!(found, [expected], "last digit {digit}");
        }
    }
}
