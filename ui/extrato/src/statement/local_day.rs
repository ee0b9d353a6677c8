//! Days of the reader's calendar as instants.

use js_sys::Date;

/// Year, month from 1, day from 1. A day after the last of a month is of the next month.
pub(crate) type Day = (u32, u32, u32);

/// When the day begins in the reader's time zone, in milliseconds since the Unix epoch.
pub(crate) fn begins_at_ms(day: Day) -> i64 {
    let (year, month, day) = day;
    let month = i32::try_from(month).unwrap_or(1) - 1;
    let day = i32::try_from(day).unwrap_or(1);
    Date::new_with_year_month_day(year, month, day).get_time() as i64
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
