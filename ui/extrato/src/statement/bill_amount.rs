//! An amount as people type it.

use bancada_ui_kit::Locale;

/// Why a text is not the amount of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAmount {
    /// It is no amount greater than zero.
    Nothing,
    /// It could be read in two ways, a thousand times apart.
    Ambiguous,
}

/// Cents of a text like `39,90`, `1.234,56`, `1,234.56`, `40` or `R$ 5,00`.
///
/// One or two digits behind the last mark are cents, whichever mark it is. Three digits behind a
/// mark are thousands where the page's language has that mark for thousands, or where the mark
/// stands twice or beside the other one; otherwise somebody may have meant a part of one real,
/// and is asked.
pub(crate) fn minor_of(text: &str, locale: Locale) -> Result<i64, NoAmount> {
    let text = text.trim().trim_start_matches("R$").trim();
    let is_mark = |letter: char| matches!(letter, '.' | ',');
    let marks: Vec<char> = text.chars().filter(|letter| is_mark(*letter)).collect();
    let groups: Vec<&str> = text.split(is_mark).collect();
    let is_number =
        |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if !groups.iter().all(is_number) {
        return Err(NoAmount::Nothing);
    }
    let (whole, marks, cents) = match (&groups[..], &marks[..]) {
        ([whole @ .., cents], [marks @ .., mark]) if cents.len() < 3 => {
            if marks.contains(mark) {
                return Err(NoAmount::Nothing);
            }
            (whole, marks, *cents)
        }
        (whole, marks) => (whole, marks, ""),
    };
    if let [mark, others @ ..] = marks {
        let is_grouped = whole[1..].iter().all(|group| group.len() == 3) && whole[0].len() <= 3;
        if !is_grouped || others.iter().any(|other| other != mark) {
            return Err(NoAmount::Nothing);
        }
        let is_sure = *mark == thousands(locale) || !others.is_empty() || !cents.is_empty();
        if !is_sure || whole[0].starts_with('0') {
            return Err(NoAmount::Ambiguous);
        }
    }
    let minor: i64 =
        format!("{}{cents:0<2}", whole.concat()).parse().map_err(|_| NoAmount::Nothing)?;
    if minor > 0 { Ok(minor) } else { Err(NoAmount::Nothing) }
}

/// The amount as a person would type it, without the currency.
pub(crate) fn typed(minor: i64, locale: Locale) -> String {
    let decimal = if thousands(locale) == '.' { ',' } else { '.' };
    format!("{}{decimal}{:02}", minor / 100, minor % 100)
}

fn thousands(locale: Locale) -> char {
    match locale {
        Locale::PtBr => '.',
        Locale::En => ',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Locale; 2] = [Locale::PtBr, Locale::En];

    #[test]
    fn amounts_are_read_as_they_are_typed() {
        for (text, expected) in [
            ("39,90", Some(3_990)),
            ("39.90", Some(3_990)),
            ("39,9", Some(3_990)),
            (" R$ 40 ", Some(4_000)),
            ("1.234,56", Some(123_456)),
            ("1,234.56", Some(123_456)),
            ("12.345.678,90", Some(1_234_567_890)),
            ("12.345.678", Some(1_234_567_800)),
            ("12,345,678", Some(1_234_567_800)),
            ("0,01", Some(1)),
            ("0", None),
            ("0,00", None),
            ("", None),
            (",50", None),
            ("-5", None),
            ("5,", None),
            ("1.23.456", None),
            ("1.234.56", None),
            ("1234.567,00", None),
            ("5,123,4", None),
            ("1.234,567", None),
            ("1,234.567,89", None),
            ("cinco", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            for locale in BOTH {
                let expected = expected.ok_or(NoAmount::Nothing);
                assert_eq!(minor_of(text, locale), expected, "{text:?} {locale:?}");
            }
        }
    }

    #[test]
    fn what_could_be_a_thousand_times_as_much_is_read_by_the_language_or_asked_about() {
        let ambiguous = Err(NoAmount::Ambiguous);
        for (text, pt_br, en) in [
            ("1.234", Ok(123_400), ambiguous),
            ("1,234", ambiguous, Ok(123_400)),
            ("10.000", Ok(1_000_000), ambiguous),
            ("10,001", ambiguous, Ok(1_000_100)),
            ("0,500", ambiguous, ambiguous),
            ("0.500", ambiguous, ambiguous),
            ("012.345", ambiguous, ambiguous),
        ] {
            assert_eq!(BOTH.map(|locale| minor_of(text, locale)), [pt_br, en], "{text:?}");
        }
    }

    #[test]
    fn what_is_filled_in_is_read_back() {
        for minor in [1, 99, 100, 3_990, 123_456_789] {
            for locale in BOTH {
                assert_eq!(minor_of(&typed(minor, locale), locale), Ok(minor));
            }
        }
    }
}
