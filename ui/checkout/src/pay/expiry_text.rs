//! Reads an expiry date as people and browsers type it.

/// Year and month of `12/35`, `12/2035`, `1235`, `122035`, `1 / 35`. A year of two digits is of
/// this century. Whether the month exists is the kernel's question.
pub(crate) fn parse(text: &str) -> Option<(u16, u8)> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (month, year) = match text.split_once(['/', '-', '.']) {
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
