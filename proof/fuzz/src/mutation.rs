//! One change to an input.

use rand::Rng as _;
use rand::rngs::StdRng;

/// Numbers at which something begins or ends, as their bytes: lengths, varints and texts.
const NUMBERS: [&[u8]; 12] = [
    &[0],
    &[0x7f],
    &[0x80],
    &[0xff],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03],
    b"-1",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1e400",
    &[0xed, 0xa0, 0x80],
];

/// Changes an input, perhaps with something of another one or a word of the decoder's.
pub(crate) fn change(input: &mut Vec<u8>, other: &[u8], words: &[Vec<u8>], rng: &mut StdRng) {
    let at = rng.random_range(0..=input.len());
    let there = at..input.len().min(at + rng.random_range(1..=16));
    match rng.random_range(0..11) {
        0 if at < input.len() => input[at] ^= 1 << rng.random_range(0..8),
        1 if at < input.len() => input[at] = rng.random(),
        2 if at < input.len() => input[at] = input[at].wrapping_add([1, 0xff][at % 2]),
        3 => drop(input.drain(there)),
        8 => {
            // A text keeps its shape, and says another number.
            let digits = input[there].iter_mut().filter(|it| it.is_ascii_digit());
            digits.for_each(|it| *it = rng.random_range(b'0'..=b'9'));
        }
        4 => {
            let copied = input[there].to_vec();
            drop(input.splice(at..at, copied));
        }
        5 => {
            let from = rng.random_range(0..=other.len());
            let part = &other[from..other.len().min(from + rng.random_range(1..=64))];
            drop(input.splice(at..at, part.iter().copied()));
        }
        6 => {
            let from = rng.random_range(0..=other.len());
            input.truncate(at);
            input.extend(&other[from..]);
        }
        7 => {
            let number = NUMBERS[rng.random_range(0..NUMBERS.len())];
            drop(input.splice(there, number.iter().copied()));
        }
        _ if !words.is_empty() => {
            let word = &words[rng.random_range(0..words.len())];
            drop(input.splice(there, word.iter().copied()));
        }
        _ => input.insert(at, rng.random()),
    }
}
