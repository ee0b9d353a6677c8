//! Card data where none belongs: somebody's program, or somebody, writes a card number into the
//! description of a purchase.

use crate::brand::Brand;
use crate::card_number::CardNumber;

/// Names that nothing but a security code has.
const NAMES_OF_A_CODE: [&str; 2] = ["cvv", "cvc"];
/// What may stand between the name and the code.
const MAX_GAP_BYTES: usize = 5;

/// A text for people, such as a description, without the card data in it: of a card number the
/// last four digits stay, of a security code nothing.
///
/// A card number is one by its brand and its check digit, in words of its own: digits that
/// letters or other digits continue are an identifier's. About one in forty long numbers that
/// are none looks like one and is masked too, so this is not for anything that is compared.
pub fn masked_text(text: &str) -> String {
    let mut masked = text.as_bytes().to_vec();
    let words = words(text);
    let mut first = 0;
    while first < words.len() {
        let number = (first..words.len())
            .take_while(|last| *last == first || words[*last].0 == words[*last - 1].1 + 1)
            .find(|last| is_card_number(&text[words[first].0..words[*last].1]));
        if let Some(last) = number {
            let digits = &mut masked[words[first].0..words[last].1];
            let n_digits = digits.iter().filter(|it| it.is_ascii_digit()).count();
            let hidden = digits.iter_mut().filter(|it| it.is_ascii_digit()).take(n_digits - 4);
            hidden.for_each(|it| *it = b'*');
        }
        first = number.unwrap_or(first) + 1;
    }
    mask_codes(&mut masked);
    String::from_utf8(masked).expect("stars for digits keep a text UTF-8")
}

/// Where words of digits and hyphens begin and end. Words of anything else divide them.
fn words(text: &str) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '-') {
        let is_of_digits = word.bytes().all(|it| it.is_ascii_digit() || it == b'-');
        if is_of_digits && !word.is_empty() {
            words.push((at, at + word.len()));
        }
        at += word.len();
        // The character that ended it.
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    words
}

/// Only digits, spaces and hyphens make one, so whatever divides its words is a space.
fn is_card_number(text: &str) -> bool {
    CardNumber::parse(text).is_ok_and(|number| number.brand() != Brand::Other)
}

fn mask_codes(text: &mut [u8]) {
    for name in NAMES_OF_A_CODE {
        for at in 0..text.len().saturating_sub(name.len()) {
            if !text[at..at + name.len()].eq_ignore_ascii_case(name.as_bytes()) {
                continue;
            }
            let rest = &mut text[at + name.len()..];
            let is_second = rest[0] == b'2' && !rest.get(1).is_some_and(u8::is_ascii_digit);
            let rest = &mut rest[usize::from(is_second)..];
            let n_between = rest.iter().take_while(|it| !it.is_ascii_digit()).count();
            let n_digits = rest[n_between..].iter().take_while(|it| it.is_ascii_digit()).count();
            if n_between <= MAX_GAP_BYTES && matches!(n_digits, 3 | 4) {
                rest[n_between..n_between + n_digits].fill(b'*');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_data_is_masked_and_nothing_else_is() {
        for (text, expected) in [
            ("", ""),
            ("Café em grãos 500 g", "Café em grãos 500 g"),
            ("4111111111111111", "************1111"),
            ("café 4111 1111 1111 1111, obrigado", "café **** **** **** 1111, obrigado"),
            ("24 4111-1111-1111-1111 2", "24 ****-****-****-1111 2"),
            ("3782 822463 10005 4111111111111111", "**** ****** *0005 ************1111"),
            ("4111,1111,1111,1111", "4111,1111,1111,1111"),
            ("4111  1111 1111 1111", "4111  1111 1111 1111"),
            ("4111111111111112", "4111111111111112"),
            ("pedido 1764020375000123", "pedido 1764020375000123"),
            ("x4111111111111111", "x4111111111111111"),
            ("41111111-1111-1111-8111-111111111a11", "41111111-1111-1111-8111-111111111a11"),
            ("cvv: 987", "cvv: ***"),
            ("CVC2 1234!", "CVC2 ****!"),
            ("cvv2987", "cvv****"),
            ("cvv 12, cvc 12345", "cvv 12, cvc 12345"),
            ("cvv", "cvv"),
            ("código 1234", "código 1234"),
        ] {
            assert_eq!(masked_text(text), expected, "{text:?}");
            assert_eq!(masked_text(expected), expected, "masked once and for all");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_grow(text in "[\\PC]{0,40}|[-0-9 cv]{0,40}") {
            prop_assert_eq!(masked_text(&text).chars().count(), text.chars().count());
        }
    }
}
