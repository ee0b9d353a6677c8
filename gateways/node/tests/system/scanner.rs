//! Finds card numbers and security codes in whatever bytes it is given.
//!
//! A card number is a run of 13 to 19 digits, with single spaces or hyphens between some of them,
//! that has a brand and passes its checks; as ASCII or as UTF-16. A demo card's number is found
//! wherever its digits stand, also inside of longer runs; a planted one however it is spelled
//! (`spellings.rs`).
//!
//! It has to be exact in hundreds of megabytes. Instants do not match: until the year 2033 they
//! begin with 1 in every unit, and no brand does. Of random bytes one in 26 is a digit, so 13 of
//! them in a row begin at one byte in 10^18. Hexadecimal text is another matter: five of eight
//! digits are decimal, and one in thousands of identifiers would match. So what is one is passed
//! over (`identifiers.rs`). So is the fraction of a decimal number: a metric's sum of
//! seconds has as many digits, and one in a hundred of them would match.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use bancada_kernel::test_cards::TEST_CARDS;
use bancada_kernel::{Brand, CardNumber};

use crate::identifiers::identifiers;
use crate::spellings;

const N_DIGITS: Range<usize> = 13..20;
/// Longer than anything that is found, or that decides whether it is: files are read in pieces.
const OVERLAP_BYTES: usize = 1024;
const PIECE_BYTES: usize = 16 << 20;
/// What may stand between the word and the code: `\":\"` is the longest that JSON makes.
const MAX_GAP_BYTES: usize = 5;
const WORDS_OF_A_CODE: [&[u8]; 9] = [
    "código de segurança".as_bytes(),
    b"cvv",
    b"cvc",
    b"security_code",
    b"security-code",
    b"security code",
    b"securitycode",
    b"codigo",
    "código".as_bytes(),
];

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Secret {
    CardNumber,
    SecurityCode,
}

/// Something found, and the byte it begins at.
pub(crate) type Finding = (u64, Secret);

/// What is in a file.
pub(crate) fn scan_file(path: &Path) -> io::Result<BTreeSet<Finding>> {
    let mut file = File::open(path)?;
    let mut found = BTreeSet::new();
    let (mut piece, mut begins_at) = (Vec::new(), 0_u64);
    loop {
        let n_bytes = (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        let is_last = n_bytes < PIECE_BYTES;
        // What is near an edge is found in the piece that has all of its surroundings.
        let half = OVERLAP_BYTES / 2;
        let from = if begins_at == 0 { 0 } else { half };
        let to = if is_last { piece.len() } else { piece.len() - half };
        let inside = scan(&piece).into_iter().filter(|(at, _)| (from..to).contains(at));
        found.extend(inside.map(|(at, secret)| (begins_at + at as u64, secret)));
        if is_last {
            return Ok(found);
        }
        let n_done = piece.len() - OVERLAP_BYTES;
        piece.drain(..n_done);
        begins_at += n_done as u64;
    }
}

/// What is in these bytes, and where.
pub(crate) fn scan(bytes: &[u8]) -> BTreeSet<(usize, Secret)> {
    let mut found = scan_text(bytes);
    for phase in 0..2 {
        // What is no ASCII in UTF-16 becomes something that is no ASCII either.
        let pairs = bytes.get(phase..).unwrap_or_default().chunks_exact(2);
        let narrow: Vec<u8> = pairs.map(|pair| if pair[1] == 0 { pair[0] } else { 0xff }).collect();
        found.extend(scan_text(&narrow).into_iter().map(|(at, it)| (phase + 2 * at, it)));
    }
    found
}

fn scan_text(text: &[u8]) -> BTreeSet<(usize, Secret)> {
    let planted = spellings::find(text).into_iter();
    let mut found: BTreeSet<_> = planted.map(|at| (at, Secret::CardNumber)).collect();
    let mut at = 0;
    while at < text.len() {
        if text[at].is_ascii_digit() {
            let end = end_of_run(text, at);
            let numbers = card_numbers(text, at..end).into_iter();
            found.extend(numbers.map(|at| (at, Secret::CardNumber)));
            at = end;
        } else {
            if is_security_code(text, at) {
                found.insert((at, Secret::SecurityCode));
            }
            at += 1;
        }
    }
    found
}

/// Where the digits that begin here end, with what may stand between them.
fn end_of_run(text: &[u8], from: usize) -> usize {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = from;
    while is_digit(end) || (matches!(text.get(end), Some(b' ' | b'-')) && is_digit(end + 1)) {
        end += 1;
    }
    end
}

/// Where card numbers begin in a run of digits.
fn card_numbers(text: &[u8], run: Range<usize>) -> Vec<usize> {
    if run.len() < N_DIGITS.start {
        return Vec::new();
    }
    let mut found = demo_cards(text, run.clone());
    let identifiers = identifiers(text, run.clone());
    let is_free = |at: &usize| !identifiers.iter().any(|it| it.contains(at));
    // The groups of digits that are written together, in sequences without an identifier.
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut at = run.start;
    while at < run.end {
        let n_digits = text[at..run.end].iter().take_while(|it| it.is_ascii_digit()).count();
        let group = at..at + n_digits;
        if !is_fraction(text, group.start) && group.clone().all(|at| is_free(&at)) {
            groups.push(group.clone());
        } else {
            found.extend(spelled(text, &groups));
            groups.clear();
        }
        at = group.end + 1;
    }
    found.extend(spelled(text, &groups));
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether digits that begin here stand behind a decimal point.
fn is_fraction(text: &[u8], at: usize) -> bool {
    text[..at].last_chunk().is_some_and(|[whole, point]| whole.is_ascii_digit() && *point == b'.')
}

/// Where some groups in a row spell a card number.
fn spelled(text: &[u8], groups: &[Range<usize>]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        let number_to = (first..groups.len()).find(|last| {
            let digits: Vec<u8> = groups[first..=*last]
                .iter()
                .flat_map(|group| &text[group.clone()])
                .copied()
                .collect();
            is_card_number(&digits)
        });
        if number_to.is_some() {
            found.push(groups[first].start);
        }
        first = number_to.unwrap_or(first) + 1;
    }
    found
}

fn is_card_number(digits: &[u8]) -> bool {
    let text = std::str::from_utf8(digits).expect("digits are ASCII");
    N_DIGITS.contains(&digits.len())
        && CardNumber::parse(text).is_ok_and(|number| number.brand() != Brand::Other)
}

/// Where the number of a demo card begins, whatever stands before and after it.
fn demo_cards(text: &[u8], run: Range<usize>) -> Vec<usize> {
    let places: Vec<usize> = run.filter(|at| text[*at].is_ascii_digit()).collect();
    let digits: Vec<u8> = places.iter().map(|at| text[*at]).collect();
    let is_demo_card = |first: &usize| {
        TEST_CARDS.iter().any(|card| digits[*first..].starts_with(card.number.as_bytes()))
    };
    (0..digits.len()).filter(is_demo_card).map(|first| places[first]).collect()
}

/// Whether the name of a security code stands here with a code behind it.
fn is_security_code(text: &[u8], at: usize) -> bool {
    let rest = &text[at..];
    // Nearly nothing gets further.
    if !matches!(rest[0], b'c' | b'C' | b's' | b'S') {
        return false;
    }
    let begins_with = |word: &&[u8]| {
        rest.get(..word.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(word))
    };
    let Some(word) = WORDS_OF_A_CODE.iter().find(|word| begins_with(word)) else { return false };
    let rest = &rest[word.len()..];
    // CVV2 and CVC2 are their names at Visa and Mastercard.
    let is_second = rest.first() == Some(&b'2') && !rest.get(1).is_some_and(u8::is_ascii_digit);
    let rest = &rest[usize::from(is_second)..];
    let n_between = rest.iter().take_while(|it| !it.is_ascii_digit()).count();
    let n_digits = rest[n_between..].iter().take_while(|it| it.is_ascii_digit()).count();
    n_between <= MAX_GAP_BYTES && matches!(n_digits, 3 | 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, Secret)]) {
        let found = |bytes: &[u8]| scan(bytes).into_iter().collect::<Vec<_>>();
        assert_eq!(found(text.as_bytes()), expected, "{text:?}");
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        if text.is_ascii() {
            let expected: Vec<_> = expected.iter().map(|(at, it)| (2 * at, *it)).collect();
            assert_eq!(found(&wide), expected, "{text:?} in UTF-16");
        }
    }

    #[test]
    fn card_numbers_are_found_in_every_spelling() {
        for (text, at) in [
            ("4111111111111111", 0),
            ("pan=4111 1111 1111 1111.", 4),
            ("4111-1111-1111-1111", 0),
            ("x4111111111111111y", 1),
            ("4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", 0),
            ("3782 822463 10005", 0),
            ("30569309025904", 0),
            ("6011000990139424000", usize::MAX),
            ("4222222222222", 0),
            ("on 24 4111 1111 1111 1111 2", 6),
            // A demo card's, in a longer run and in something like an identifier.
            ("00000042424242424242429", 6),
            ("deadbeef4242424242424242deadbeef", 8),
            ("0.4242424242424242", 2),
            ("card_4111111111111111", 5),
            ("4111-4111-8011-1111", 0),
            ("No.4111111111111111", 3),
        ] {
            let expected = (at != usize::MAX).then_some((at, Secret::CardNumber));
            check(text, expected.as_slice());
        }
    }

    #[test]
    fn what_only_looks_like_a_card_number_is_not_one() {
        for text in [
            "4111111111111112",
            "************1111",
            "4111  1111 1111 1111",
            "4111.1111.1111.1111",
            "411111111111111111111111",
            "1764020375000",
            "1764020375000123",
            "9999999999999995",
            "019aa111-4111-7111-8111-111111111111",
            "load-019aa11141117111811111111111111f-4-17",
            "card_41111111111111111111111111111a11",
            "00-41111111111111110000000000000000-4111111111111111-01",
            "duration_seconds_sum 0.4293849719999995",
            r#"{"trace_id":7,"parent_id":4111111111111111,"sampled":true}"#,
            r#"{"trace_id":4111111111111111"#,
            r#""fingerprint":"a4111111111111111"#,
            "019aa111-4111-7111-8111-4111111111111",
        ] {
            check(text, &[]);
        }
        // A shape without a letter in it is none.
        check("a 4111111111111111-019aa111", &[(2, Secret::CardNumber)]);
    }

    #[test]
    fn security_codes_are_found_by_their_names() {
        for (text, at) in [
            (r#"{"cvv":"987"}"#, 2),
            (r#"{\"cvc\":\"0123\"}"#, 3),
            ("CVV2: 987", 0),
            ("cvv2987", 0),
            ("security_code=123", 0),
            ("SecurityCode 123", 0),
            ("codigo 123", 0),
            ("código: 1234", 0),
            ("código de segurança 123", 0),
        ] {
            check(text, &[(at, Secret::SecurityCode)]);
        }
        for text in
            ["cvv: ***", "cvv 12", "cvv 12345", "card_cvv_invalid 422", "cvc\0\0\0\0\0\x00123"]
        {
            check(text, &[]);
        }
    }

    #[test]
    fn a_file_is_read_in_pieces_and_nothing_is_missed_or_seen_twice() {
        let number = b"4111 1111 1111 1111";
        let identifier = b"019aa111-4111-7111-8111-111111111111";
        for edge in [PIECE_BYTES, PIECE_BYTES - OVERLAP_BYTES, PIECE_BYTES - OVERLAP_BYTES / 2] {
            for before in [0, 1, 10, 19, 40] {
                let mut file = tempfile::NamedTempFile::new().unwrap();
                let mut bytes = vec![b'.'; edge - before];
                let at = bytes.len() as u64;
                bytes.extend(number);
                bytes.extend([b'.'; 100]);
                bytes.extend(identifier);
                io::Write::write_all(&mut file, &bytes).unwrap();
                let found = scan_file(file.path()).unwrap();
                assert_eq!(found, BTreeSet::from([(at, Secret::CardNumber)]));
            }
        }
    }
}
