//! How much money anything may be about.
//!
//! JSON numbers are exact up to 2^53 (RFC 8259, section 6), and what is told of a card is a sum of
//! few of these: limit, balance and holds stay more than ten times below it, and so does what a
//! card can owe together with what it is owed. What is asked for beyond them is refused where it
//! is read and once more where it is decided. A journal that was written before there were limits
//! may hold more; it is read and shown as it is.

use crate::money::Money;

/// The most that one payment, one operation on it or one bill may be about, and the most that a
/// card may be in credit, in minor units: R$ 10 billion. No card payment comes near it, and a
/// thousand of them are still below 2^53.
pub const MAX_AMOUNT_MINOR: i64 = 1_000_000_000_000;

/// The highest limit of a card, in minor units: a hundred of the largest payments.
pub const MAX_LIMIT_MINOR: i64 = 100 * MAX_AMOUNT_MINOR;

/// The least that one installment may be, in minor units: R$ 5,00, which Cielo and PagSeguro state
/// as the least they take (docs.cielo.com.br, "Valor mínimo de parcela").
pub const MIN_INSTALLMENT_MINOR: i64 = 500;

/// What is told of a card, and a thousand of the largest amounts, are numbers of JSON.
const _: () = assert!(10 * (MAX_LIMIT_MINOR + MAX_AMOUNT_MINOR) < 1 << 53);
const _: () = assert!(1_000 * MAX_AMOUNT_MINOR < 1 << 53);

/// Whether so much may be asked for: more than nothing, and at most [`MAX_AMOUNT_MINOR`].
pub fn is_amount(minor: i64) -> bool {
    (1..=MAX_AMOUNT_MINOR).contains(&minor)
}

/// Whether each part of a plan of `count` parts is at least [`MIN_INSTALLMENT_MINOR`]. One part is
/// no plan, and may be less.
pub fn is_plan(total: Money, count: u32) -> bool {
    count <= 1 || total.minor / i64::from(count) >= MIN_INSTALLMENT_MINOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_an_amount() {
        for (minor, expected) in [
            (i64::MIN, false),
            (0, false),
            (1, true),
            (1_000_000_000_000, true),
            (1_000_000_000_001, false),
            (i64::MAX, false),
        ] {
            assert_eq!(is_amount(minor), expected, "{minor}");
        }
    }

    #[test]
    fn a_part_is_at_least_the_least_installment_and_one_part_is_no_plan() {
        for (minor, count, expected) in [
            (1, 1, true),
            (1, 0, true),
            (999, 2, false),
            (1_000, 2, true),
            (1_001, 2, true),
            (5_999, 12, false),
            (6_000, 12, true),
            (i64::MAX, u32::MAX, true),
        ] {
            assert_eq!(is_plan(Money::brl(minor), count), expected, "{minor} in {count}");
        }
    }
}
