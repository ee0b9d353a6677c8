//! What people paste besides what they mean.

/// A character that nobody sees: zero-width spaces and joiners, direction marks, a byte order mark.
pub(crate) fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A hyphen, a dash or a minus, whichever a program made of it.
pub(crate) fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// A card number as it is sent: the digits, and whatever is neither a divider nor invisible, for
/// the checks to complain of.
pub(crate) fn card_number(text: &str) -> String {
    let is_divider = |letter: char| letter.is_whitespace() || is_dash(letter) || letter == '.';
    text.chars().filter(|letter| !is_divider(*letter) && !is_invisible(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_was_pasted() {
        for text in [
            "4242424242424242",
            " 4242 4242 4242 4242 ",
            "4242-4242-4242-4242",
            "4242\u{2013}4242\u{2013}4242\u{2013}4242",
            "4242.4242.4242.4242",
            "4242\u{a0}4242\u{202f}4242\u{2009}4242",
            "\u{feff}4242\u{200b}4242\u{2060}4242\u{200e}4242",
        ] {
            assert_eq!(card_number(text), "4242424242424242", "{text:?}");
        }
        assert_eq!(card_number("4242x"), "4242x");
    }
}
