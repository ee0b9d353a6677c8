//! Reads an expiry date as people and browsers type it.

use super::typed_text::{is_dash, is_invisible};

/// Year and month of `12/35`, `12/2035`, `1235`, `122035`, `1 / 35`, and of `2035-12` as ISO 8601
/// and browsers write it. A year of two digits is of this century. Whether the month exists is the
/// kernel's question.
pub(crate) fn parse(text: &str) -> Option<(u16, u8)> {
    let is_meant = |letter: &char| !letter.is_whitespace() && !is_invisible(*letter);
    let text: String = text.chars().filter(is_meant).collect();
    let is_divider = |letter: char| matches!(letter, '/' | '.') || is_dash(letter);
    let (month, year) = match text.split_once(is_divider) {
        Some((year, month)) if year.len() == 4 => (month, year),
        Some((month, year)) => (month, year),
        None if matches!(text.len(), 4 | 6) && text.is_char_boundary(2) => text.split_at(2),
        None => return None,
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(month) || !digits(year) || month.len() > 2 {
        return None;
    }
    let month = month.parse().ok()?;
    match year.len() {
        2 => Some((2000 + year.parse::<u16>().ok()?, month)),
        4 => Some((year.parse().ok()?, month)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_typed() {
        for (text, expected) in [
            ("12/35", Some((2035, 12))),
            ("12/2035", Some((2035, 12))),
            (" 1 / 35 ", Some((2035, 1))),
            ("01-35", Some((2035, 1))),
            ("1235", Some((2035, 12))),
            ("122035", Some((2035, 12))),
            ("2035-12", Some((2035, 12))),
            ("2035/1", Some((2035, 1))),
            ("12\u{2013}35", Some((2035, 12))),
            ("\u{200b}12/35\u{feff}", Some((2035, 12))),
            ("2035-123", None),
            ("13/35", Some((2035, 13))),
            ("", None),
            ("12", None),
            ("12/", None),
            ("/35", None),
            ("12/3", None),
            ("123/35", None),
            ("ab/cd", None),
            ("12/+5", None),
            ("é1é", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }
}
