//! An instant, as a number that is the same everywhere.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The UTC year and month, for comparing with an expiry.
    ///
    /// The civil calendar from a day count, by Howard Hinnant's `civil_from_days`
    /// (chrono-Compatible Low-Level Date Algorithms).
    pub fn year_month(self) -> (u16, u8) {
        let days = self.0.div_euclid(86_400_000) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (u16::try_from(year).unwrap_or(0), u8::try_from(month).unwrap_or(1))
    }

    /// Milliseconds from `earlier` to this; zero when it is not earlier (a clock set back).
    pub fn millis_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_turn_at_midnight_utc() {
        for (millis, expected) in [
            (0, (1970, 1)),
            (951_782_399_000, (2000, 2)),
            (951_868_799_000, (2000, 2)),
            (951_868_800_000, (2000, 3)),
            (1_795_996_799_999, (2026, 11)),
            (1_796_083_200_000, (2026, 12)),
        ] {
            assert_eq!(Timestamp(millis).year_month(), expected, "{millis}");
        }
    }

    #[test]
    fn a_clock_set_back_gives_no_negative_age() {
        assert_eq!(Timestamp(5).millis_since(Timestamp(9)), 0);
    }
}
