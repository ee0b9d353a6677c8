//! What a caller sent, as far as an answer may repeat it.

/// Characters that tell what was meant.
const MAX_CHARACTERS: usize = 200;
/// From this many digits on it may be of a card; no index, year or quantity is as long.
const MAX_DIGITS: usize = 7;

/// The text without anything that could be a card number, however its digits are grouped, and
/// not longer than a line or two.
pub(crate) fn quotable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_CHARACTERS));
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_numeric()) {
        let (before, run) = rest.split_at(start);
        // Only a letter ends a number: spaces, hyphens and whatever else may group its digits.
        let run = &run[..run.find(char::is_alphabetic).unwrap_or(run.len())];
        let end = run.trim_end_matches(|c: char| !c.is_numeric()).len();
        let n_digits = run.chars().filter(|c| c.is_numeric()).count();
        shown.push_str(before);
        shown.push_str(if n_digits > MAX_DIGITS { "…" } else { &run[..end] });
        rest = &rest[start + end..];
    }
    shown.push_str(rest);
    match shown.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_not_repeated_however_it_is_written() {
        for (text, expected) in [
            ("integer `4242424242424242`, at column 17", "integer `…`, at column 17"),
            ("string \"4242 4242 4242 4242\", at column 17", "string \"…\", at column 17"),
            ("4242-4242-4242-4242", "…"),
            ("4242.4242/4242_4242", "…"),
            ("3782 822463 10005 é o cartão", "… é o cartão"),
            ("quantity 99 of 2035-12", "quantity 99 of 2035-12"),
            ("line 1 column 12", "line 1 column 12"),
            ("café", "café"),
            ("", ""),
        ] {
            assert_eq!(quotable(text), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let shown = quotable(&"é".repeat(10_000));
        assert_eq!(shown.chars().count(), MAX_CHARACTERS + 1);
        assert!(shown.ends_with('…'));
    }
}
