//! Looks into SQLite's write-ahead log before SQLite does.
//!
//! At its first opening SQLite takes the log up to the first frame that is wrong, and writes over
//! the rest: whoever lost a commit would never know. With `synchronous=FULL` the log is synced at
//! the end of each commit, before the next one begins. So what a power cut tears is in the last
//! commit, which nobody was told of; where a *later* commit follows behind a wrong frame, the
//! wrong one had been synced, and the log is damaged.
//!
//! The format: sqlite.org/fileformat2.html#the_write_ahead_log. A frame's checksum continues that
//! of the frame before, which stands in its header: so a frame behind a wrong one can still be
//! checked by itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// In a log whose checksums read numbers with the last byte first.
const MAGIC: u32 = 0x377F_0682;

type Checksum = (u32, u32);

/// Where SQLite keeps the log of a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Whether the log of a database, which nobody has open, has a whole frame of a later commit
/// behind its first wrong one. A database without a log has none.
pub(crate) fn has_later_commit(database: &Path) -> io::Result<bool> {
    match fs::read(log_of(database)) {
        Ok(log) => Ok(Log::read(&log).is_some_and(|log| log.has_later_commit())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

struct Log<'a> {
    /// Whether the checksums read numbers with the first byte first.
    is_big_endian: bool,
    /// Of this use of the log; frames of an earlier one have others.
    salts: [u8; 8],
    /// Absent where the header is wrong.
    header: Option<Checksum>,
    frames: Vec<Frame<'a>>,
}

struct Frame<'a> {
    salts: &'a [u8],
    is_commit: bool,
    checksum: Checksum,
    /// What the checksum is over.
    numbers: &'a [u8],
    page: &'a [u8],
}

impl Log<'_> {
    /// `None` where there is not even one frame.
    fn read(bytes: &[u8]) -> Option<Log<'_>> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let page_bytes = match number(header, 8) {
            // SQLite's default, where the header does not tell.
            size if !(512..=65_536).contains(&size) || !size.is_power_of_two() => 4_096,
            size => size as usize,
        };
        let frames: Vec<_> =
            rest.chunks_exact(FRAME_HEADER_BYTES + page_bytes).map(Frame::read).collect();
        let is_big_endian = number(header, 0) & 1 == 1;
        let sum = checksum((0, 0), &header[..24], is_big_endian);
        let is_whole = number(header, 0) & !1 == MAGIC && sum == stored(header, 24);
        // The first frame tells the salts as well.
        let salts = if is_whole { &header[16..24] } else { frames.first()?.salts };
        let salts = salts.try_into().ok()?;
        let header = is_whole.then_some(sum);
        // A wrong header may lie about the order as well: the frames know.
        let is_big_endian = match header {
            Some(_) => is_big_endian,
            None => frames.windows(2).any(|pair| pair[1].follows(pair[0].checksum, true)),
        };
        Some(Log { is_big_endian, salts, header, frames })
    }

    fn has_later_commit(&self) -> bool {
        let mut before = self.header;
        let first_wrong = self.frames.iter().position(|frame| {
            let is_right = before.is_some_and(|before| self.is_right(frame, before));
            before = Some(frame.checksum);
            !is_right
        });
        let Some(first_wrong) = first_wrong else { return false };
        let wrong = &self.frames[first_wrong];
        let mut is_behind_commit = wrong.is_commit && wrong.salts == self.salts;
        for pair in self.frames[first_wrong..].windows(2) {
            let (before, frame) = (&pair[0], &pair[1]);
            if self.is_right(frame, before.checksum) {
                if is_behind_commit {
                    return true;
                }
                is_behind_commit = frame.is_commit;
            }
        }
        false
    }

    fn is_right(&self, frame: &Frame<'_>, before: Checksum) -> bool {
        frame.salts == self.salts && frame.follows(before, self.is_big_endian)
    }
}

impl Frame<'_> {
    fn read(bytes: &[u8]) -> Frame<'_> {
        Frame {
            salts: &bytes[8..16],
            is_commit: number(bytes, 4) != 0,
            checksum: stored(bytes, 16),
            numbers: &bytes[..8],
            page: &bytes[FRAME_HEADER_BYTES..],
        }
    }

    fn follows(&self, before: Checksum, is_big_endian: bool) -> bool {
        let sum = checksum(before, self.numbers, is_big_endian);
        checksum(sum, self.page, is_big_endian) == self.checksum
    }
}

/// The numbers of headers have the first byte first, whatever the checksums do.
fn number(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.copied().map_or(0, u32::from_be_bytes)
}

fn stored(bytes: &[u8], at: usize) -> Checksum {
    (number(bytes, at), number(bytes, at + 4))
}

fn checksum(before: Checksum, bytes: &[u8], is_big_endian: bool) -> Checksum {
    let read = |word: [u8; 4]| match is_big_endian {
        true => u32::from_be_bytes(word),
        false => u32::from_le_bytes(word),
    };
    let (mut first, mut second) = before;
    let (pairs, _) = bytes.as_chunks::<8>();
    for [a, b, c, d, e, f, g, h] in pairs.iter().copied() {
        first = first.wrapping_add(read([a, b, c, d])).wrapping_add(second);
        second = second.wrapping_add(read([e, f, g, h])).wrapping_add(first);
    }
    (first, second)
}

#[cfg(test)]
mod tests;
