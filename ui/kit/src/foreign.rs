//! Texts that others wrote: the name of a store, what was bought, the name on a card.

/// The text without what turns its own direction, or that of what stands beside it: U+202E makes
/// "oirártnoc" of a name, and a store could pass for another one (Unicode Standard Annex 9; the
/// "Trojan Source" of CVE-2021-42574). Marks and letters that are written from right to left stay.
pub fn plain(text: &str) -> String {
    text.chars().filter(|letter| !turns(*letter)).collect()
}

/// Embeddings, overrides and isolates, with their ends.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_turns_a_text_around_and_the_rest_of_it_stays() {
        for (text, expected) in [
            ("Loja Bancada", "Loja Bancada"),
            ("\u{202E}adacnaB\u{202C} ajoL", "adacnaB ajoL"),
            ("a\u{2066}b\u{2067}c\u{2068}d\u{2069}e\u{202A}f\u{202B}g\u{202D}h", "abcdefgh"),
            ("مقهى", "مقهى"),
            ("café\u{200D}", "café\u{200D}"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }
}
