//! The one calendar there is: Brasília's. By it cards expire, faturas close and pages tell days.

use crate::timestamp::Timestamp;

/// Brasília's time, which has had no daylight saving since 2019 (Decreto 9.772/2019): UTC-3.
const BRASILIA_MS: i64 = -3 * 60 * 60 * 1_000;
/// A day's milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// What a browser's `Intl` calls this calendar's zone.
pub const TIME_ZONE: &str = "America/Sao_Paulo";
/// Days from 0000-03-01, with which the years of the calculations begin, to 1970-01-01.
const TO_EPOCH: i64 = 719_468;

/// A day in Brasília.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Of the common era.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    /// The day of a moment: Howard Hinnant's `civil_from_days` (chrono-Compatible Low-Level Date
    /// Algorithms).
    pub fn of(moment: Timestamp) -> Day {
        let days = moment.0.saturating_add(BRASILIA_MS).div_euclid(DAY_MS) + TO_EPOCH;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Day { year, month: narrow(month), day: narrow(day) }
    }

    /// When it begins: `days_from_civil`, of the same author. A day after the last of its month is
    /// of the next one.
    pub fn begins_at(self) -> Timestamp {
        let (year, month) = (self.year - i64::from(self.month <= 2), i64::from(self.month));
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - TO_EPOCH;
        Timestamp(days.saturating_mul(DAY_MS).saturating_sub(BRASILIA_MS))
    }

    /// Year and month, for comparing with an expiry; the year 0 for one that no card has.
    pub fn year_month(self) -> (u16, u8) {
        (u16::try_from(self.year).unwrap_or(0), self.month)
    }
}

fn narrow(number: i64) -> u8 {
    u8::try_from(number).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_turn_at_midnight_in_brasilia() {
        // Seconds since 1970; the comments are UTC.
        for (seconds, expected) in [
            (0, (1969, 12, 31)),
            (10_800, (1970, 1, 1)),
            (951_879_599, (2000, 2, 29)),
            (951_879_600, (2000, 3, 1)),
            (1_796_007_600, (2026, 11, 30)), // 2026-11-30 03:00:00
            (1_796_083_200, (2026, 11, 30)), // 2026-12-01 00:00:00
            (1_796_093_999, (2026, 11, 30)), // 2026-12-01 02:59:59
            (1_796_094_000, (2026, 12, 1)),  // 2026-12-01 03:00:00
            (13_574_574_000, (2400, 2, 29)), // the last day of 400 years
            (-62_167_208_400, (0, 1, 1)),
        ] {
            let Day { year, month, day } = Day::of(Timestamp(seconds * 1_000));
            assert_eq!((year, month, day), expected, "{seconds}");
        }
        assert_eq!(Day::of(Timestamp(0)).year_month(), (1969, 12));
        assert_eq!(Day { year: -1, month: 5, day: 1 }.year_month(), (0, 5));
        assert!(Day::of(Timestamp(i64::MIN)) < Day::of(Timestamp(i64::MAX)), "no end panics");
    }

    proptest! {
        #[test]
        fn a_day_begins_when_the_one_before_it_ends(
            millis in -90_000_000_000_000_i64..90_000_000_000_000,
        ) {
            let day = Day::of(Timestamp(millis));
            let begins = day.begins_at();
            prop_assert!((begins.0..begins.0 + DAY_MS).contains(&millis));
            prop_assert_eq!(Day::of(begins), day);
            prop_assert!(Day::of(Timestamp(begins.0 - 1)) < day);
        }
    }
}
