//! An amount as people type it.

/// Cents of a text like `39,90`, `1.234,56`, `1,234.56`, `40` or `R$ 5,00`; `None` where it is
/// no amount greater than zero. A point or comma is decimal when one or two digits follow it to
/// the end, and otherwise parts thousands; never both in one text.
pub(crate) fn minor_of(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches("R$").trim();
    let is_mark = |letter: char| matches!(letter, '.' | ',');
    let decimal = text.rfind(is_mark).filter(|at| matches!(text.len() - at - 1, 1 | 2));
    let (whole, cents) = decimal.map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    let mark_of_cents = decimal.and_then(|at| text[at..].chars().next());
    let mut marks = whole.chars().filter(|letter| is_mark(*letter));
    let mark_of_thousands = marks.next();
    if mark_of_thousands.is_some() && mark_of_thousands == mark_of_cents
        || marks.any(|mark| Some(mark) != mark_of_thousands)
    {
        return None;
    }
    let mut groups = whole.split(is_mark);
    let first = groups.next().filter(|first| !first.is_empty())?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|group| group.len() == 3);
    if !is_grouped || !rest.is_empty() && first.len() > 3 {
        return None;
    }
    let digits: String = std::iter::once(first).chain(rest).collect();
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(&digits) || !is_number(cents) {
        return None;
    }
    let minor: i64 = format!("{digits}{cents:0<2}").parse().ok()?;
    Some(minor).filter(|minor| *minor > 0)
}

/// The amount as a person would type it, without the currency.
pub(crate) fn typed(minor: i64, decimal: char) -> String {
    format!("{}{decimal}{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_typed() {
        for (text, expected) in [
            ("39,90", Some(3_990)),
            ("39.90", Some(3_990)),
            ("39,9", Some(3_990)),
            (" R$ 40 ", Some(4_000)),
            ("1.234,56", Some(123_456)),
            ("1,234.56", Some(123_456)),
            ("1.234", Some(123_400)),
            ("12.345.678,90", Some(1_234_567_890)),
            ("0,01", Some(1)),
            ("0", None),
            ("0,00", None),
            ("", None),
            (",50", None),
            ("-5", None),
            ("5,", None),
            ("1.23.456", None),
            ("1234.567,00", None),
            ("5,123,4", None),
            ("1.234,567", None),
            ("1,234.567,89", None),
            ("cinco", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(minor_of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_filled_in_is_read_back() {
        for minor in [1, 99, 100, 3_990, 123_456_789] {
            assert_eq!(minor_of(&typed(minor, ',')), Some(minor));
            assert_eq!(minor_of(&typed(minor, '.')), Some(minor));
        }
    }
}
