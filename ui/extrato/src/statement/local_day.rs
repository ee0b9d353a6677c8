//! Days of the Bank's calendar as instants.

use bancada_kernel::calendar;

/// Year, month from 1, day from 1. A day after the last of a month is of the next month.
pub(crate) type Day = (u32, u32, u32);

/// When the day begins, in milliseconds since the Unix epoch.
pub(crate) fn begins_at_ms(day: Day) -> i64 {
    let (year, month, day) = day;
    let narrow = |number: u32| u8::try_from(number).unwrap_or(1);
    calendar::Day { year: year.into(), month: narrow(month), day: narrow(day) }.begins_at().0
}

/// Reads `2026-11-24`, the value of a date field.
pub(crate) fn parse(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let day = (parts.next()??, parts.next()??, parts.next()??);
    let exists = day.0 > 0 && (1..=12).contains(&day.1) && (1..=31).contains(&day.2);
    exists.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_brasilia() {
        for (day, expected) in [
            ((2026, 12, 1), 1_796_094_000_000),
            ((2026, 11, 31), 1_796_094_000_000),
            ((2000, 2, 29), 951_793_200_000),
        ] {
            assert_eq!(begins_at_ms(day), expected, "{day:?}");
        }
    }

    #[test]
    fn dates_of_fields_are_read() {
        for (text, expected) in [
            ("2026-11-24", Some((2026, 11, 24))),
            ("", None),
            ("2026-11", None),
            ("2026-13-01", None),
            ("2026-01-32", None),
            ("2026-01-01-01", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
