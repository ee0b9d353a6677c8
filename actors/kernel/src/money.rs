//! Money: whole minor units and a currency, never a float.

use serde::{Deserialize, Serialize};

pub use iso_currency::Currency;

/// An amount in the minor unit of its currency (ISO 4217): 1234 BRL is R$ 12,34.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units; may be negative in a posting.
    pub minor: i64,
    /// Never assumed.
    pub currency: Currency,
}

/// Why a calculation or conversion has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// Two currencies in one calculation.
    #[error("amounts of different currencies cannot be combined")]
    CurrencyMismatch,
    /// A decimal amount that is not finite, or has more decimals than the currency.
    #[error("the amount must be a number with no more decimals than its currency has")]
    NotMinorUnits,
    /// Not an ISO 4217 code.
    #[error("the currency must be an ISO 4217 code such as BRL")]
    UnknownCurrency,
}

/// By how many minor units a sum of doubles may differ from a whole number of them.
pub const TOLERANCE: f64 = 0.000_001;
/// The same for larger amounts, in parts of them: some 45 times what a double is exact to.
const SUMMED: f64 = 1e-14;
/// Never more, so that no digit behind the decimals is lost.
const MOST_TOLERANCE: f64 = 0.01;

impl Money {
    /// An amount in Brazilian reais, in centavos.
    pub const fn brl(minor: i64) -> Money {
        Money { minor, currency: Currency::BRL }
    }

    /// An amount of a currency given by its ISO 4217 code.
    pub fn of_code(minor: i64, code: &str) -> Result<Money, MoneyError> {
        let currency = Currency::from_code(code).ok_or(MoneyError::UnknownCurrency)?;
        Ok(Money { minor, currency })
    }

    /// The sum, if it fits and the currencies agree.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// The difference, if it fits and the currencies agree.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// `quantity` times this, if it fits.
    pub fn checked_mul(self, quantity: u32) -> Result<Money, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Money { minor, ..self })
    }

    /// The parts of an installment plan: equal, with the remaining minor units on the first, as
    /// Brazilian issuers do. An empty plan for a count of 0.
    pub fn installments(self, count: u32) -> Vec<Money> {
        if count == 0 {
            return Vec::new();
        }
        let part = self.minor / i64::from(count);
        let rest = self.minor % i64::from(count);
        (0..count)
            .map(|n| Money { minor: if n == 0 { part + rest } else { part }, ..self })
            .collect()
    }

    /// Reads the decimal amount of the original system's contract, whose clients add prices up as
    /// doubles: 3 x 39.90 comes as 119.69999999999999. What differs from a whole number of minor
    /// units by less than [`TOLERANCE`] is that number; 10.005 BRL is refused, not rounded.
    pub fn from_decimal(amount: f64, currency: Currency) -> Result<Money, MoneyError> {
        let scale = 10_f64.powi(i32::from(currency.exponent().unwrap_or(0)));
        let scaled = amount * scale;
        // 2^53: above it neighbouring doubles are more than a minor unit apart.
        if !scaled.is_finite() || scaled.abs() > 9_007_199_254_740_992.0 {
            return Err(MoneyError::NotMinorUnits);
        }
        let minor = scaled.round();
        let tolerance = TOLERANCE.max(scaled.abs() * SUMMED).min(MOST_TOLERANCE);
        // The nearest double to the decimal leads back to the very number that was sent.
        if minor / scale != amount && (scaled - minor).abs() >= tolerance {
            return Err(MoneyError::NotMinorUnits);
        }
        #[expect(clippy::cast_possible_truncation, reason = "bounded by 2^53 above")]
        let minor = minor as i64;
        Ok(Money { minor, currency })
    }

    /// The decimal amount for consumers of the original system's event; for nothing else.
    #[expect(clippy::cast_precision_loss, reason = "the original's contract is a double")]
    pub fn to_decimal(self) -> f64 {
        self.minor as f64 / 10_f64.powi(i32::from(self.currency.exponent().unwrap_or(0)))
    }
}

/// Serialized as (minor, code), so that a stored record does not depend on another crate's
/// numbering of currencies.
impl Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.minor, self.currency.code()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let (minor, Code(currency)) = <(i64, Code)>::deserialize(deserializer)?;
        Ok(Money { minor, currency })
    }
}

/// A currency's code, read where it stands: an event has four, and a journal millions.
struct Code(Currency);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        struct AnyCode;

        impl serde::de::Visitor<'_> for AnyCode {
            type Value = Code;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", MoneyError::UnknownCurrency)
            }

            fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<Code, E> {
                // A look-up compares with every code there is, and nearly all are this one.
                if code == "BRL" {
                    return Ok(Code(Currency::BRL));
                }
                let known = Money::of_code(0, code).map_err(E::custom)?;
                Ok(Code(known.currency))
            }
        }

        deserializer.deserialize_str(AnyCode)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (amount, expected) in [
            (0.29, Ok(29)),
            (1.1, Ok(110)),
            (1500.99, Ok(150_099)),
            (-5.0, Ok(-500)),
            (0.0, Ok(0)),
            (119.699_999_999_999_99, Ok(11_970)),
            (0.1 + 0.2, Ok(30)),
            (0.01 - 0.000_000_009, Ok(1)),
            (0.01 - 0.000_000_02, Err(MoneyError::NotMinorUnits)),
            (9_999_999_999.995, Err(MoneyError::NotMinorUnits)),
            (10.005, Err(MoneyError::NotMinorUnits)),
            (10.000_1, Err(MoneyError::NotMinorUnits)),
            (0.001, Err(MoneyError::NotMinorUnits)),
            (f64::NAN, Err(MoneyError::NotMinorUnits)),
            (f64::INFINITY, Err(MoneyError::NotMinorUnits)),
            (1e300, Err(MoneyError::NotMinorUnits)),
        ] {
            let found = Money::from_decimal(amount, Currency::BRL).map(|money| money.minor);
            assert_eq!(found, expected, "{amount}");
        }
    }

    #[test]
    fn arithmetic_is_checked() {
        assert_eq!(Money::brl(i64::MAX).checked_add(Money::brl(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::brl(i64::MIN).checked_sub(Money::brl(1)), Err(MoneyError::Overflow));
        assert_eq!(Money::brl(i64::MAX).checked_mul(2), Err(MoneyError::Overflow));
        let dollars = Money { minor: 1, currency: Currency::USD };
        assert_eq!(Money::brl(1).checked_add(dollars), Err(MoneyError::CurrencyMismatch));
        assert_eq!(Money::brl(7).checked_mul(3), Ok(Money::brl(21)));
        assert_eq!(Money::of_code(1, "XXZ"), Err(MoneyError::UnknownCurrency));
    }

    proptest! {
        #[test]
        fn every_amount_of_cents_survives_the_decimal(minor in -(1_i64 << 49)..1 << 49) {
            let money = Money::brl(minor);
            prop_assert_eq!(Money::from_decimal(money.to_decimal(), Currency::BRL), Ok(money));
        }

        /// As the original's shop adds them up.
        #[test]
        fn a_sum_of_prices_is_the_cents_it_was_meant_to_be(
            lines in proptest::collection::vec((1_i64..10_000_000, 1_u32..100), 1..50),
        ) {
            let price = |minor: i64| Money::brl(minor).to_decimal();
            let sum: f64 = lines.iter().map(|(minor, n)| price(*minor) * f64::from(*n)).sum();
            let meant: i64 = lines.iter().map(|(minor, n)| minor * i64::from(*n)).sum();
            prop_assert_eq!(Money::from_decimal(sum, Currency::BRL), Ok(Money::brl(meant)));
            let half = Money::from_decimal(sum + 0.005, Currency::BRL);
            prop_assert_eq!(half, Err(MoneyError::NotMinorUnits));
        }

        #[test]
        fn installments_add_up(minor in 0_i64..1_000_000_000, count in 1_u32..=12) {
            let parts = Money::brl(minor).installments(count);
            prop_assert_eq!(parts.len(), count as usize);
            prop_assert_eq!(parts.iter().map(|part| part.minor).sum::<i64>(), minor);
            prop_assert!(parts.iter().all(|part| part.minor <= parts[0].minor));
        }
    }
}
