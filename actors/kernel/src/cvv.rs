//! The security code. It is never stored, not even encrypted (PCI DSS 4.0.1, 3.3.1).

use std::fmt;

use zeroize::Zeroizing;

use crate::brand::Brand;

/// A security code of the length its brand prints. No Debug of the digits, no serialization.
#[derive(Clone, PartialEq, Eq)]
pub struct Cvv {
    digits: Zeroizing<String>,
}

/// Why a text is not a security code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CvvError {
    /// Nothing was entered.
    #[error("the security code is empty")]
    Empty,
    /// Not digits, or not as many as the brand prints.
    #[error("the security code must have {expected} digits")]
    WrongShape {
        /// How many digits the brand prints.
        expected: usize,
    },
}

impl Cvv {
    /// Reads the code as typed. Leading zeros count.
    pub fn parse(text: &str, brand: Brand) -> Result<Cvv, CvvError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CvvError::Empty);
        }
        let expected = brand.cvv_length();
        if text.len() != expected || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CvvError::WrongShape { expected });
        }
        Ok(Cvv { digits: Zeroizing::new(text.to_owned()) })
    }

    /// The digits, for the one call that authorizes.
    pub fn expose(&self) -> &str {
        &self.digits
    }
}

impl fmt::Debug for Cvv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_length_is_the_brands() {
        for (text, brand, good) in [
            ("012", Brand::Visa, true),
            ("1234", Brand::Visa, false),
            ("1234", Brand::Amex, true),
            ("123", Brand::Amex, false),
            ("12a", Brand::Elo, false),
            ("", Brand::Elo, false),
        ] {
            assert_eq!(Cvv::parse(text, brand).is_ok(), good, "{text:?} {brand:?}");
        }
        assert_eq!(format!("{:?}", Cvv::parse("012", Brand::Visa).unwrap()), "***");
    }
}
