//! Card data where none belongs: somebody's program, or somebody, writes a card number into the
//! description of a purchase.

mod security_code;
mod spelling;

use crate::brand::Brand;
use crate::card_number::CardNumber;
use security_code::hide_codes;
use spelling::{Group, groups, is_strict, track_data};

/// No card number is longer, whatever its brand (ISO/IEC 7812-1).
const MAX_DIGITS: usize = 19;
/// What is too short for a security code holds nothing.
const MIN_DIGITS: usize = 3;

/// A text for people, such as a description, without the card data in it: of a card number the
/// last four digits stay, of a security code nothing.
///
/// A card number is whatever [`CardNumber::parse`] accepts: digits of a possible length with their
/// check digit, and any spaces and hyphens between them. Other signs may divide them too, letters
/// may stand beside them, and digits may be wide; digits that other digits continue are another
/// number's. About one in ten long numbers looks like one and is masked too, so this is not for
/// anything that is compared.
pub fn masked_text(text: &str) -> String {
    let n_digits = text.chars().filter(|it| spelling::digit(*it).is_some()).count();
    if n_digits < MIN_DIGITS {
        return text.to_owned();
    }
    let mut chars: Vec<char> = text.chars().collect();
    // What is left visible of one number may be a part of another.
    while hide_numbers(&mut chars) {}
    hide_codes(&mut chars);
    chars.into_iter().collect()
}

/// Hides all but the last four digits of every card number; whether there was one.
fn hide_numbers(chars: &mut [char]) -> bool {
    let mut hidden: Vec<usize> = Vec::new();
    for sequence in groups(chars) {
        for first in 0..sequence.len() {
            for last in first..sequence.len() {
                let number = &sequence[first..=last];
                let places: Vec<usize> = number.iter().flat_map(Group::places).collect();
                if places.len() > MAX_DIGITS {
                    break;
                }
                if is_card_number(chars, number, &places) {
                    hidden.extend(&places[..places.len() - 4]);
                    hidden.extend(track_data(chars, places[places.len() - 1] + 1));
                }
            }
        }
    }
    hidden.iter().for_each(|at| chars[*at] = '*');
    !hidden.is_empty()
}

/// Whether these digits are a card number that is written as one may be.
fn is_card_number(chars: &[char], groups: &[Group], places: &[usize]) -> bool {
    let digits: String = places.iter().filter_map(|at| spelling::digit(chars[*at])).collect();
    let Ok(number) = CardNumber::parse(&digits) else { return false };
    // Points and strokes divide amounts, dates and tax numbers as well: there a number is one by
    // what it begins with, or by groups of four.
    is_strict(chars, groups)
        || number.brand() != Brand::Other
        || is_of_a_scheme(&digits)
        || groups[..groups.len() - 1].iter().all(|group| group.len() == 4)
}

/// Whether a number begins like those of schemes that have no brand here: Maestro, Aura, UnionPay,
/// Mir and the old numbers of JCB.
fn is_of_a_scheme(digits: &str) -> bool {
    let begins_with = |prefixes: &[&str]| prefixes.iter().any(|it| digits.starts_with(it));
    begins_with(&["50", "56", "57", "58", "6", "81"])
        || begins_with(&["2200", "2201", "2202", "2203", "2204", "2131", "1800"])
}

#[cfg(test)]
mod tests;
