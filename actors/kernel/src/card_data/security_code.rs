//! Security codes, which are told from any three digits only by their names.

use super::spelling::digit;

/// What a security code is called, with what may stand at most between the name and the code. A
/// name that is spelled out may go on: "do cartão", "of the card".
const NAMES: [(&str, usize); 10] = [
    ("cvv", 5),
    ("cvc", 5),
    ("cvn", 5),
    ("codigo de seguranca", 20),
    ("cod de seguranca", 20),
    ("cod. de seguranca", 20),
    ("codigo de verificacao", 20),
    ("codigo verificador", 20),
    ("security code", 20),
    ("card verification", 20),
];

/// Hides three or four digits behind each name.
pub(super) fn hide_codes(chars: &mut [char]) {
    for at in 0..chars.len() {
        let named = NAMES.iter().find_map(|(name, most_between)| {
            end_of_name(chars, at, name).map(|end| (end, *most_between))
        });
        let Some((mut from, most_between)) = named else { continue };
        // CVV2 and CVC2 are their names at Visa and Mastercard.
        let is_digit = |at: usize| chars.get(at).is_some_and(|it| digit(*it).is_some());
        if chars.get(from) == Some(&'2') && !is_digit(from + 1) {
            from += 1;
        }
        let n_between = (from..chars.len()).take_while(|at| !is_digit(*at)).count();
        let code = from + n_between;
        let n_digits = (code..chars.len()).take_while(|at| is_digit(*at)).count();
        if n_between <= most_between && matches!(n_digits, 3 | 4) {
            chars[code..code + n_digits].fill('*');
        }
    }
}

/// Where a name ends that begins here; one space is as good as many, and as an underscore.
fn end_of_name(chars: &[char], from: usize, name: &str) -> Option<usize> {
    let is_space = |it: char| it.is_whitespace() || matches!(it, '_' | '-');
    let mut at = from;
    for letter in name.chars() {
        if letter == ' ' {
            let n_spaces = chars[at..].iter().take_while(|it| is_space(**it)).count();
            if n_spaces == 0 {
                return None;
            }
            at += n_spaces;
        } else if chars.get(at).is_some_and(|it| folded(*it) == letter) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// A letter without case and without the accents of these names.
fn folded(letter: char) -> char {
    match letter {
        'á' | 'ã' | 'Á' | 'Ã' => 'a',
        'ç' | 'Ç' => 'c',
        'ó' | 'Ó' => 'o',
        other => other.to_ascii_lowercase(),
    }
}
