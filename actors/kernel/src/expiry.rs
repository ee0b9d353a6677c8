//! A card's expiry month.

use serde::{Deserialize, Serialize};

/// The month after whose last day a card is no longer good, by the calendar of
/// [`Day`](crate::calendar::Day).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Expiry {
    year: u16,
    month: u8,
}

/// Why a year and month are not an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// Not 1 to 12.
    #[error("the expiry month must be 1 to 12")]
    Month,
    /// Not a four-digit year of this century.
    #[error("the expiry year must have four digits, 2000 to 2099")]
    Year,
}

impl Expiry {
    /// An expiry of a four-digit `year` and a `month` from 1.
    pub fn new(year: u16, month: u8) -> Result<Expiry, ExpiryError> {
        if !(1..=12).contains(&month) {
            return Err(ExpiryError::Month);
        }
        if !(2000..=2099).contains(&year) {
            return Err(ExpiryError::Year);
        }
        Ok(Expiry { year, month })
    }

    /// Four digits.
    pub fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// Whether the card is no longer good in the given month; it is good through its own.
    pub fn is_past(self, year: u16, month: u8) -> bool {
        (self.year, self.month) < (year, month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_good_through_its_month() {
        for (expiry, now, past) in [
            ((2026, 11), (2026, 11), false),
            ((2026, 11), (2026, 12), true),
            ((2027, 1), (2026, 12), false),
            ((2025, 12), (2026, 1), true),
        ] {
            let expiry = Expiry::new(expiry.0, expiry.1).unwrap();
            assert_eq!(expiry.is_past(now.0, now.1), past, "{expiry:?} in {now:?}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Expiry::new(2026, 0), Err(ExpiryError::Month));
        assert_eq!(Expiry::new(2026, 13), Err(ExpiryError::Month));
        assert_eq!(Expiry::new(26, 1), Err(ExpiryError::Year));
    }
}
