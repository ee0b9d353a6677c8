//! Random identifiers, which may have as many digits in a row as a card number.
//!
//! A UUID, 32 or 64 hexadecimal digits and a `traceparent` have shapes that no card number has.
//! What stands behind the name of a random number is one as well, however many of its digits a
//! page of a database has room for.

use std::ops::Range;

/// What stands before random decimal digits: a trace in the rows of orders and statements.
const BEFORE_DIGITS: [&[u8]; 2] = [br#""trace_id":"#, br#""parent_id":"#];
/// What stands before random hexadecimal digits.
const BEFORE_HEX: [&[u8]; 4] = [b"card_", b"load-", br#""fingerprint":""#, br#""trace_id":""#];
/// The longest identifier, with what stands before it: the fingerprint of an order.
const LONGEST_IDENTIFIER: usize = 15 + 64;

/// The identifiers that a run of digits has a part in.
pub(crate) fn identifiers(text: &[u8], run: Range<usize>) -> Vec<Range<usize>> {
    (run.start.saturating_sub(LONGEST_IDENTIFIER)..run.end)
        .filter_map(|from| {
            let length = identifier(text, from)?;
            Some(from..from + length)
        })
        .collect()
}

/// The length of the identifier that begins here.
fn identifier(text: &[u8], from: usize) -> Option<usize> {
    if let Some(length) = named_number(text, from) {
        return Some(length);
    }
    let is_hex = |at: usize| text.get(at).is_some_and(is_hex);
    let has_shape = |groups: &[usize]| {
        let mut at = from;
        groups.iter().enumerate().all(|(nth, n_digits)| {
            let is_divided = nth == 0 || text.get(at) == Some(&b'-');
            at += usize::from(nth > 0);
            let is_group = is_divided && (at..at + n_digits).all(is_hex);
            at += n_digits;
            is_group
        })
    };
    // Its end may be on another page of a database.
    let is_uuid = || {
        has_shape(&[8, 4, 4, 4])
            && matches!(text[from + 14], b'4' | b'7')
            && matches!(text[from + 19], b'8' | b'9' | b'a' | b'b')
            && text.get(from + 23) == Some(&b'-')
    };
    if is_uuid() {
        return Some(24 + (from + 24..from + 36).take_while(|at| is_hex(*at)).count());
    }
    // A longer word of hexadecimal digits: a binary field may follow a text without a gap.
    if from.checked_sub(1).is_some_and(is_hex) {
        return None;
    }
    if has_shape(&[2, 32, 16, 2]) {
        return Some(55);
    }
    let is_word = |n_digits: usize| {
        has_shape(&[n_digits]) && text[from..from + n_digits].iter().any(u8::is_ascii_alphabetic)
    };
    [64, 32].into_iter().find(|n_digits| is_word(*n_digits))
}

fn is_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// The length of a name of random digits that begins here, with its digits.
fn named_number(text: &[u8], from: usize) -> Option<usize> {
    let text = text.get(from..)?;
    let behind = |names: &[&[u8]]| names.iter().find_map(|name| text.strip_prefix(*name));
    let n_hex = behind(&BEFORE_HEX).and_then(|digits| {
        let n_digits = digits.iter().take(64).take_while(|it| is_hex(it)).count();
        // A card number has no letter.
        digits[..n_digits].iter().any(u8::is_ascii_alphabetic).then_some((digits, n_digits))
    });
    let n_decimal = || {
        let digits = behind(&BEFORE_DIGITS)?;
        Some((digits, digits.iter().take_while(|it| it.is_ascii_digit()).count()))
    };
    let (digits, n_digits) = n_hex.or_else(n_decimal)?;
    Some(text.len() - digits.len() + n_digits)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use crate::scanner::scan;

    /// Each is written ten thousand times, with other digits and up to another one of them.
    #[test]
    fn no_random_identifier_is_one_whatever_its_digits_and_wherever_it_is_cut() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..10_000 {
            let hex = |random: &mut StdRng, n_digits: usize| {
                let digits = (0..n_digits).map(|_| random.random_range(0..16));
                digits.filter_map(|digit| char::from_digit(digit, 16)).collect::<String>()
            };
            let fingerprint = format!(r#"{{"fingerprint":"{}""#, hex(&mut random, 64));
            let token = format!("(card_{}", hex(&mut random, 32));
            let uuid = format!(
                r#""{}-{}-7{}-8{}-{}"#,
                hex(&mut random, 8),
                hex(&mut random, 4),
                hex(&mut random, 3),
                hex(&mut random, 3),
                hex(&mut random, 12)
            );
            let trace = format!(r#""trace_id":"{}"#, hex(&mut random, 32));
            let key = format!("\u{1}-load-{}", hex(&mut random, 32));
            let number = format!(r#""trace_id":{}"#, random.random::<u128>());
            for (text, n_before) in [
                (&fingerprint, 40),
                (&token, 12),
                (&uuid, 25),
                (&trace, 20),
                (&key, 8),
                (&number, 12),
            ] {
                let cut = &text.as_bytes()[..random.random_range(n_before..=text.len())];
                assert!(scan(cut).is_empty(), "{}", cut.escape_ascii());
                let followed = [text.as_bytes(), b"\x01\x10*"].concat();
                assert!(scan(&followed).is_empty(), "{text}");
            }
            // As a whole, whoever names it.
            let (fingerprint, token) = (hex(&mut random, 64), hex(&mut random, 32));
            assert!(scan(fingerprint.as_bytes()).is_empty(), "{fingerprint}");
            assert!(scan(token.as_bytes()).is_empty(), "{token}");
        }
    }
}
