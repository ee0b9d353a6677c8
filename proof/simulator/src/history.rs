//! What happened in a run: a digest of it, and its lines where somebody wants to read them.

use std::fmt::{self, Write as _};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing, for runs in great numbers.
    Nothing,
    /// A number that is the same for the same history.
    Digest,
    /// The digest, and every line.
    Lines,
}

/// The history.
pub(crate) struct History {
    detail: Detail,
    /// FNV-1a over the text of all lines: no library's hash, whose numbers may change.
    digest: u64,
    lines: Vec<String>,
}

struct Digest<'a>(&'a mut u64);

impl fmt::Write for Digest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.0 = (*self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        Ok(())
    }
}

impl History {
    pub(crate) fn new(detail: Detail) -> History {
        History { detail, digest: 0xCBF2_9CE4_8422_2325, lines: Vec::new() }
    }

    /// One line, at a time since the start of the run.
    pub(crate) fn note(&mut self, now_ms: i64, what: fmt::Arguments<'_>) {
        match self.detail {
            Detail::Nothing => {}
            Detail::Digest => {
                // Writing to a number cannot fail.
                let _ = writeln!(Digest(&mut self.digest), "{now_ms:>8} ms  {what}");
            }
            Detail::Lines => {
                let line = format!("{now_ms:>8} ms  {what}");
                let _ = writeln!(Digest(&mut self.digest), "{line}");
                self.lines.push(line);
            }
        }
    }

    /// The digest and the lines.
    pub(crate) fn end(self) -> (u64, Vec<String>) {
        (self.digest, self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_the_lines_whether_or_not_they_are_kept() {
        let [(none, _), (digest, nothing), (same, lines)] =
            [Detail::Nothing, Detail::Digest, Detail::Lines].map(|detail| {
                let mut history = History::new(detail);
                history.note(7, format_args!("a {}", "b"));
                history.end()
            });
        assert_eq!((digest, nothing), (same, Vec::new()));
        assert_eq!(lines, ["       7 ms  a b"]);
        assert_ne!(none, digest);
    }
}
