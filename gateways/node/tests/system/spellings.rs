//! Card numbers in spellings that no search for any number could look for: those that are planted
//! here are known, and are found however they are written.

/// Numbers that their schemes publish for tests, of brands that the Bank has no name for too.
const NUMBERS: [&[u8]; 5] = [
    b"4012888888881881",
    b"6759649826438453",
    b"6205500000000000004",
    b"2201382000000013",
    b"5078601870000127985",
];
/// What may divide two digits: some signs, or one or two that are no ASCII.
const MOST_BETWEEN: usize = 6;
/// The bytes of a wide digit before its last one, in UTF-8.
const WIDE: [u8; 2] = [0xef, 0xbc];

/// What is written into stores' names, descriptions and holders' names.
pub(crate) const SPELLINGS: [&str; 14] = [
    "6759649826438453",
    "6205 5000 0000 0000 004",
    "2201-3820-0000-0013",
    "5078601870000127985",
    "4012  8888  8888  1881",
    "4012\u{a0}8888\u{2009}8888\u{202f}1881",
    "4012\u{200b}8888\u{feff}8888\u{2060}1881",
    "4012.8888.8888.1881",
    "4012,8888,8888,1881",
    "4012_8888_8888_1881",
    "4012/8888/8888/1881",
    "４０１２８８８８８８８８１８８１",
    "PAN4012888888881881x",
    ";4012888888881881=30121010000000123?",
];

/// Where planted numbers begin in a text.
pub(crate) fn find(text: &[u8]) -> Vec<usize> {
    let begins = |at: &usize| {
        digit(text, *at).is_some_and(|(first, _)| {
            NUMBERS.iter().any(|number| number[0] == first && is_spelled(text, *at, number))
        })
    };
    (0..text.len()).filter(begins).collect()
}

fn is_spelled(text: &[u8], mut at: usize, number: &[u8]) -> bool {
    number.iter().enumerate().all(|(nth, wanted)| {
        let is_divider = |at: usize| {
            digit(text, at).is_none()
                && text.get(at).is_some_and(|byte| !byte.is_ascii_alphanumeric() && *byte != b'*')
        };
        let most = if nth == 0 { 0 } else { MOST_BETWEEN };
        at += (at..at + most).take_while(|at| is_divider(*at)).count();
        let found = digit(text, at);
        at += found.map_or(0, |(_, n_bytes)| n_bytes);
        found.is_some_and(|(digit, _)| digit == *wanted)
    })
}

/// The digit that begins here, as ASCII, and of how many bytes it is.
fn digit(text: &[u8], at: usize) -> Option<(u8, usize)> {
    match text.get(at..)? {
        [digit @ b'0'..=b'9', ..] => Some((*digit, 1)),
        [first, second, third @ 0x90..=0x99, ..] if [*first, *second] == WIDE => {
            Some((third - 0x90 + b'0', 3))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use bancada_kernel::card_data::masked_text;

    use super::*;

    #[test]
    fn a_planted_number_is_found_in_every_spelling_and_not_once_it_is_masked() {
        for spelling in SPELLINGS {
            let text = format!("a {spelling} b");
            assert_eq!(find(text.as_bytes()).len(), 1, "{text:?}");
            let masked = masked_text(&text);
            assert!(find(masked.as_bytes()).is_empty(), "{masked:?}");
        }
        for text in ["4012888888881882", "4012 8888 8888 x1881", "************1881"] {
            assert!(find(text.as_bytes()).is_empty(), "{text:?}");
        }
    }
}
