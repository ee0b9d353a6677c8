//! The primary account number (PAN). It exists only between the entry field and the Bank.

use std::fmt;

use zeroize::Zeroizing;

use crate::brand::Brand;

/// A card number that passed the checks of ISO/IEC 7812-1: digits only, a length its brand
/// allows, and the Luhn check digit.
///
/// It cannot be serialized or displayed, its Debug is masked, and its memory is cleared on
/// drop (PCI DSS 4.0.1, requirements 3.4 and 3.5).
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber {
    digits: Zeroizing<String>,
}

/// Why a text is not a card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardNumberError {
    /// Nothing was entered.
    #[error("the card number is empty")]
    Empty,
    /// Something other than digits, spaces and hyphens.
    #[error("a card number has only digits, spaces and hyphens")]
    NotDigits,
    /// No card of its brand has this many digits.
    #[error("the card number has too few or too many digits")]
    WrongLength,
    /// The check digit does not fit: most likely a typing error.
    #[error("the card number fails its check digit; a digit is wrong")]
    FailsCheck,
}

impl CardNumber {
    /// Reads a number as typed; spaces and hyphens are ignored.
    pub fn parse(text: &str) -> Result<CardNumber, CardNumberError> {
        // Of the right size at once: one that grows leaves what it had behind.
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|c| !c.is_whitespace() && *c != '-'));
        if digits.is_empty() {
            return Err(CardNumberError::Empty);
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CardNumberError::NotDigits);
        }
        let brand = Brand::of(&digits).unwrap_or(Brand::Other);
        if !brand.allows_length(digits.len()) {
            return Err(CardNumberError::WrongLength);
        }
        if !luhn3::decimal::valid(digits.as_bytes()) {
            return Err(CardNumberError::FailsCheck);
        }
        Ok(CardNumber { digits })
    }

    /// The brand its first digits name.
    pub fn brand(&self) -> Brand {
        Brand::of(&self.digits).unwrap_or(Brand::Other)
    }

    /// The last four digits.
    pub fn last4(&self) -> &str {
        &self.digits[self.digits.len() - 4..]
    }

    /// `************1234`: always twelve stars, so that the length is not told either.
    pub fn masked(&self) -> String {
        format!("************{}", self.last4())
    }

    /// The digits themselves, for the Bank's token and for the wire to the Bank. Nothing else
    /// may call this.
    pub fn expose(&self) -> &str {
        &self.digits
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_typed() {
        for (text, expected) in [
            ("4242 4242 4242 4242", Ok("************4242")),
            ("4242-4242-4242-4242", Ok("************4242")),
            ("378282246310005", Ok("************0005")),
            ("", Err(CardNumberError::Empty)),
            ("  ", Err(CardNumberError::Empty)),
            ("4242x", Err(CardNumberError::NotDigits)),
            ("\u{664}242424242424242", Err(CardNumberError::NotDigits)),
            ("4242", Err(CardNumberError::WrongLength)),
            ("42424242424242424242", Err(CardNumberError::WrongLength)),
            ("4242424242424241", Err(CardNumberError::FailsCheck)),
        ] {
            let found = CardNumber::parse(text).map(|number| number.masked());
            assert_eq!(found.as_deref(), expected.as_ref().map(|s| *s), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_only_the_last_four_digits() {
        let number = CardNumber::parse("4242424242424242").unwrap();
        assert_eq!(format!("{number:?}"), "************4242");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(position in 0_usize..16, add in 1_u8..10) {
            let mut digits = b"4242424242424242".to_vec();
            digits[position] = b'0' + (digits[position] - b'0' + add) % 10;
            let text = String::from_utf8(digits).unwrap();
            prop_assert!(CardNumber::parse(&text).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = CardNumber::parse(&text);
        }
    }
}
