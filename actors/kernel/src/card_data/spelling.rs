//! How digits of a card number may be written in a text.

/// Digits that are written together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    from: usize,
    to: usize,
}

impl Group {
    pub(super) fn len(&self) -> usize {
        self.to - self.from
    }

    pub(super) fn places(&self) -> std::ops::Range<usize> {
        self.from..self.to
    }
}

/// The digit that a character is, as ASCII. Full-width ones are what a Japanese keyboard types;
/// Arabic ones are written in Arabic and Persian.
pub(super) fn digit(character: char) -> Option<char> {
    let zero = match character {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{0660}'..='\u{0669}' => '\u{0660}',
        '\u{06f0}'..='\u{06f9}' => '\u{06f0}',
        _ => return None,
    };
    char::from_digit(u32::from(character) - u32::from(zero), 10)
}

/// What [`CardNumber::parse`](crate::CardNumber::parse) passes over, and what cannot be seen.
fn is_strict_divider(character: char) -> bool {
    character.is_whitespace()
        || character == '-'
        || matches!(character, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

fn is_divider(character: char) -> bool {
    is_strict_divider(character)
        || matches!(character, '.' | ',' | '_' | '/' | '\\' | '|' | ':' | ';' | '+' | '\u{00b7}')
        // Hyphens and dashes of every length.
        || matches!(character, '\u{2010}'..='\u{2015}' | '\u{2022}' | '\u{2212}')
}

/// Sequences of groups with nothing but dividers between them. Digits of a UUID are none.
pub(super) fn groups(chars: &[char]) -> Vec<Vec<Group>> {
    let mut sequences = vec![Vec::new()];
    let mut at = 0;
    while at < chars.len() {
        let to = at + chars[at..].iter().take_while(|it| digit(**it).is_some()).count();
        if let Some(end) = end_of_uuid(chars, at) {
            sequences.push(Vec::new());
            at = end;
        } else if to > at {
            if let Some(sequence) = sequences.last_mut() {
                sequence.push(Group { from: at, to });
            }
            at = to;
        } else {
            if !is_divider(chars[at]) {
                sequences.push(Vec::new());
            }
            at += 1;
        }
    }
    sequences
}

/// Whether nothing but spaces, hyphens and what cannot be seen divides these groups.
pub(super) fn is_strict(chars: &[char], groups: &[Group]) -> bool {
    groups
        .windows(2)
        .all(|pair| chars[pair[0].to..pair[1].from].iter().all(|it| is_strict_divider(*it)))
}

/// Where the UUID ends that begins here, if one does: an identifier, and no card number, if it has
/// a letter.
fn end_of_uuid(chars: &[char], at: usize) -> Option<usize> {
    let uuid = chars.get(at..at + 36)?;
    let has_shape = uuid.iter().enumerate().all(|(nth, it)| match nth {
        8 | 13 | 18 | 23 => *it == '-',
        _ => it.is_ascii_hexdigit(),
    });
    let is_word = |it: Option<&char>| it.is_some_and(|it| it.is_alphanumeric());
    let is_alone = !is_word(at.checked_sub(1).and_then(|before| chars.get(before)))
        && !is_word(chars.get(at + 36));
    let has_letter = uuid.iter().any(char::is_ascii_alphabetic);
    (has_shape && is_alone && has_letter).then_some(at + 36)
}

/// The digits that follow a card number on a magnetic stripe (ISO/IEC 7813): behind `=` or `D`
/// on track 2, behind the name between two `^` on track 1. Expiry, service code and what checks
/// the card are among them.
pub(super) fn track_data(chars: &[char], after: usize) -> Vec<usize> {
    let from = match chars.get(after) {
        Some('=' | 'D' | 'd') => after + 1,
        Some('^') => match chars[after + 1..].iter().position(|it| *it == '^') {
            Some(length) => after + 1 + length + 1,
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    (from..chars.len()).take_while(|at| digit(chars[*at]).is_some()).collect()
}
