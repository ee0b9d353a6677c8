//! What a hand makes of a text.

use std::iter;

/// A text with every single mistake that a hand makes outside one part of it: a character that is
/// missing, one too many, another in its place, or two that changed places.
///
/// `kept` is what stays as it is, such as the password; it has to be in the text.
pub fn mistypings<'a>(text: &'a str, kept: &'a str) -> impl Iterator<Item = String> + 'a {
    const TYPED: &str = "@:/\\?#%&=;, '\"[]0aZ\u{e9}";
    let start = text.find(kept).unwrap_or(text.len());
    let is_outside = move |at: usize| at < start || at >= start + kept.len();
    let places = text.char_indices().filter(move |(at, _)| is_outside(*at));
    let edits = places.flat_map(move |(at, old)| {
        let (before, after) = (&text[..at], &text[at + old.len_utf8()..]);
        let swapped = after.chars().next().filter(|_| is_outside(at + old.len_utf8()));
        let swapped =
            swapped.map(|next| format!("{before}{next}{old}{}", &after[next.len_utf8()..]));
        let typed = TYPED
            .chars()
            .flat_map(move |c| [format!("{before}{c}{old}{after}"), format!("{before}{c}{after}")]);
        iter::once(format!("{before}{after}")).chain(swapped).chain(typed)
    });
    iter::once(text.to_owned()).chain(edits)
}
