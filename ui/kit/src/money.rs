//! Calculations with the amounts of the web API, by the kernel's checked arithmetic.

use bancada_kernel::{Money as Exact, limits};
use bancada_proto::web::Money;

/// The kernel's value, or `None` for a currency nobody knows.
pub fn exact(money: &Money) -> Option<Exact> {
    Exact::of_code(money.amount_minor, &money.currency).ok()
}

/// The web shape of a kernel amount.
pub fn web(money: Exact) -> Money {
    Money { amount_minor: money.minor, currency: money.currency.code().to_owned() }
}

/// The sum of `price x quantity`; `None` when empty, too large, or of several currencies.
pub fn total<'a>(lines: impl IntoIterator<Item = (&'a Money, u32)>) -> Option<Money> {
    let mut sum: Option<Exact> = None;
    for (price, quantity) in lines {
        let line = exact(price)?.checked_mul(quantity).ok()?;
        sum = Some(match sum {
            Some(sum) => sum.checked_add(line).ok()?,
            None => line,
        });
    }
    sum.map(web)
}

/// What each installment costs: the first, which takes the remaining cents, and the others.
/// `None` when there is nothing to divide.
pub fn installments(total: &Money, count: u32) -> Option<(Money, Money)> {
    let parts = exact(total)?.installments(count);
    Some((web(*parts.first()?), web(*parts.last()?)))
}

/// Whether a total can be paid in so many parts.
pub fn is_plan(total: &Money, count: u32) -> bool {
    exact(total).is_some_and(|total| limits::is_plan(total, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brl(amount_minor: i64) -> Money {
        Money { amount_minor, currency: "BRL".to_owned() }
    }

    #[test]
    fn totals_are_exact_or_absent() {
        assert_eq!(total([(&brl(1990), 3), (&brl(5), 1)]), Some(brl(5975)));
        assert_eq!(total([]), None);
        assert_eq!(total([(&brl(i64::MAX), 2)]), None);
        let dollars = Money { amount_minor: 1, currency: "USD".to_owned() };
        assert_eq!(total([(&brl(1), 1), (&dollars, 1)]), None);
    }

    #[test]
    fn only_plans_that_the_bank_collects_are_offered() {
        let offered = |minor| (1..=12).filter(|count| is_plan(&brl(minor), *count)).count();
        assert_eq!([0, 999, 1_000, 3_990, 6_000].map(offered), [1, 1, 2, 7, 12]);
    }

    #[test]
    fn the_first_installment_takes_the_remaining_cents() {
        for (minor, count, expected) in [
            (10_000, 1, Some((10_000, 10_000))),
            (10_000, 3, Some((3_334, 3_333))),
            (10_001, 12, Some((838, 833))),
            (10_000, 0, None),
        ] {
            let found = installments(&brl(minor), count);
            let found = found.map(|(first, other)| (first.amount_minor, other.amount_minor));
            assert_eq!(found, expected, "{minor} in {count}");
        }
    }
}
