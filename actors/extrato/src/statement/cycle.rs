//! Which fatura a moment belongs to.

use bancada_kernel::Timestamp;
use bancada_kernel::calendar::Day;

/// The month in which a fatura closes, as months since the year 0.
///
/// A fatura closes as its closing day begins, in Brasília's time: what is bought on that day is
/// on the next one, which makes it the "best day to buy".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cycle(pub i64);

impl Cycle {
    /// The cycle that is open at a moment, for a card that closes on `closing_day` (1 to 28).
    pub fn at(moment: Timestamp, closing_day: u8) -> Cycle {
        let Day { year, month, day } = Day::of(moment);
        let months = year * 12 + i64::from(month) - 1;
        Cycle(if day >= closing_day { months + 1 } else { months })
    }

    /// The year and the month (1 to 12) in which it closes.
    pub fn year_month(self) -> (i64, u8) {
        (self.0.div_euclid(12), u8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1))
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::calendar::DAY_MS;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fatura_closes_as_its_closing_day_begins_in_brasilia() {
        // Seconds since 1970; the comments are Brasília's time.
        for (seconds, closing_day, expected) in [
            (1_796_439_599, 5, (2026, 12)), // 2026-12-04 23:59:59
            (1_796_439_600, 5, (2027, 1)),  // 2026-12-05 00:00:00
            (1_796_439_600, 6, (2026, 12)),
            (1_798_772_399, 28, (2027, 1)), // 2026-12-31 23:59:59
            (1_798_772_400, 28, (2027, 1)), // 2027-01-01 00:00:00
            (1_798_772_400, 1, (2027, 2)),
            (951_879_600, 28, (2000, 3)), // 2000-03-01 00:00:00
            (951_793_200, 28, (2000, 3)), // 2000-02-29 00:00:00
            (951_706_800, 28, (2000, 3)), // 2000-02-28 00:00:00
            (951_706_799, 28, (2000, 2)), // 2000-02-27 23:59:59
            (0, 28, (1970, 1)),           // 1969-12-31 21:00:00
            (13574574000, 1, (2400, 3)),  // 2400-02-29 00:00:00, the last day of 400 years
        ] {
            let found = Cycle::at(Timestamp(seconds * 1_000), closing_day).year_month();
            assert_eq!(found, expected, "{seconds} with closing day {closing_day}");
        }
    }

    proptest! {
        #[test]
        fn time_never_goes_back_to_a_closed_fatura(
            first in -4_000_000_000_000_i64..8_000_000_000_000,
            later in 0_i64..100_000_000_000,
            closing_day in 1_u8..=28,
        ) {
            let before = Cycle::at(Timestamp(first), closing_day);
            prop_assert!(Cycle::at(Timestamp(first + later), closing_day) >= before);
            let next_month = Cycle::at(Timestamp(first + 31 * DAY_MS), closing_day);
            prop_assert!(next_month > before);
        }
    }
}
