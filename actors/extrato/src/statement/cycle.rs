//! Which fatura a moment belongs to.

use bancada_kernel::Timestamp;

/// Brasília's time, which has had no daylight saving since 2019 (Decreto 9.772/2019): UTC-3.
const BRASILIA_MS: i64 = -3 * 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The month in which a fatura closes, as months since the year 0.
///
/// A fatura closes as its closing day begins, in Brasília's time: what is bought on that day is
/// on the next one, which makes it the "best day to buy".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cycle(pub i64);

impl Cycle {
    /// The cycle that is open at a moment, for a card that closes on `closing_day` (1 to 28).
    pub fn at(moment: Timestamp, closing_day: u8) -> Cycle {
        let (year, month, day) = civil(moment.0.saturating_add(BRASILIA_MS).div_euclid(DAY_MS));
        let months = year * 12 + (month - 1);
        Cycle(if day >= i64::from(closing_day) { months + 1 } else { months })
    }

    /// The year and the month (1 to 12) in which it closes.
    pub fn year_month(self) -> (i64, u8) {
        (self.0.div_euclid(12), u8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1))
    }
}

/// Year, month and day of a count of days since 1970-01-01: Howard Hinnant's `civil_from_days`
/// (chrono-Compatible Low-Level Date Algorithms).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
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

        #[test]
        fn days_agree_with_the_kernels_months(millis in 0_i64..8_000_000_000_000) {
            let (year, month, day) = civil(millis.div_euclid(DAY_MS));
            let (kernel_year, kernel_month) = Timestamp(millis).year_month();
            prop_assert_eq!((year, month), (i64::from(kernel_year), i64::from(kernel_month)));
            let first = Timestamp(millis - (day - 1) * DAY_MS).year_month();
            prop_assert_eq!(first, (kernel_year, kernel_month));
            let previous = Timestamp(millis - day * DAY_MS).year_month();
            prop_assert!(millis < day * DAY_MS || previous != (kernel_year, kernel_month));
        }
    }
}
