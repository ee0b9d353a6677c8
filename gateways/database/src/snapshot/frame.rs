//! The format of a snapshot: a header and frames.
//!
//! | bytes | header |
//! |---|---|
//! | 8 | `BNCSNAPS` |
//! | 2 | version of this format, little-endian as every number here |
//! | 2 | version of the state in it ([`STATE_VERSION`]) |
//! | 8 | position |
//! | 4 | CRC-32C of all that |
//!
//! A frame is a CRC-32C over the position, the frame's number from 1 on and its content, and then
//! the content: one part in postcard, or nothing in the last frame. So a frame that is missing,
//! moved or another snapshot's is found like one that is damaged, and one that is the end is not
//! taken for a cut.
//!
//! A snapshot of another version, older or newer, is not read: the journal holds the same, and
//! its records say for themselves which program can read them.

use bancada_bank::ledger::{Part, STATE_VERSION};

const MAGIC: [u8; 8] = *b"BNCSNAPS";
const FORMAT_VERSION: u16 = 1;
pub(crate) const HEADER_BYTES: usize = 24;
const CHECKSUM_BYTES: usize = 4;
/// Longer than any frame that is written: a damaged length takes no memory.
pub(super) const MAX_FRAME_BYTES: usize = 1 << 26;
/// No row is shorter. The shortest is an account's sum: its kind, the length of a name, a letter
/// and a number.
const MIN_ROW_BYTES: u64 = 4;

/// Why bytes are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("it is not a snapshot")]
    Foreign,
    #[error(
        "its version is {found:?}, and this program reads {:?}",
        (FORMAT_VERSION, STATE_VERSION)
    )]
    Version { found: (u16, u16) },
    #[error("it was made at another position than it is kept as")]
    Position,
    #[error("the checksum of frame {0} is wrong: it is damaged")]
    Checksum(u64),
    #[error("frame {number} cannot be read: {why}")]
    Content { number: u64, why: String },
}

/// What a snapshot begins with.
pub(crate) fn header(position: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    header[10..12].copy_from_slice(&STATE_VERSION.to_le_bytes());
    header[12..20].copy_from_slice(&position.to_le_bytes());
    let sum = crc32c::crc32c(&header[..20]);
    header[20..].copy_from_slice(&sum.to_le_bytes());
    header
}

/// Whether this is how a snapshot of this program and position begins.
pub(super) fn check_header(bytes: &[u8], position: u64) -> Result<(), FrameError> {
    let expected = header(position);
    if bytes.len() != HEADER_BYTES || bytes[..8] != MAGIC {
        return Err(FrameError::Foreign);
    }
    let number = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let found = (number(8), number(10));
    // A newer program may count otherwise from here on: its version is looked at first.
    if found != (FORMAT_VERSION, STATE_VERSION) {
        return Err(FrameError::Version { found });
    }
    if crc32c::crc32c(&bytes[..20]).to_le_bytes() != bytes[20..] {
        return Err(FrameError::Checksum(0));
    }
    if bytes != expected { Err(FrameError::Position) } else { Ok(()) }
}

/// How many rows can be in so many bytes of frames, whatever they announce.
pub(super) fn most_rows(n_bytes: u64) -> u64 {
    n_bytes / MIN_ROW_BYTES
}

/// The frame of a part.
pub(crate) fn part(position: u64, number: u64, part: &Part) -> Vec<u8> {
    let frame = vec![0; CHECKSUM_BYTES];
    let frame = postcard::to_extend(part, frame).expect("a part is plain data, and memory grows");
    seal(position, number, frame)
}

/// The last frame.
pub(crate) fn end(position: u64, number: u64) -> Vec<u8> {
    seal(position, number, vec![0; CHECKSUM_BYTES])
}

/// The part in a frame; `None` in the last.
pub(super) fn open(position: u64, number: u64, frame: &[u8]) -> Result<Option<Part>, FrameError> {
    let Some((sum, content)) = frame.split_first_chunk::<CHECKSUM_BYTES>() else {
        return Err(FrameError::Checksum(number));
    };
    if checksum(position, number, content).to_le_bytes() != *sum {
        return Err(FrameError::Checksum(number));
    }
    if content.is_empty() {
        return Ok(None);
    }
    let read = postcard::from_bytes(content);
    read.map(Some).map_err(|error| FrameError::Content { number, why: error.to_string() })
}

pub(super) fn seal(position: u64, number: u64, mut frame: Vec<u8>) -> Vec<u8> {
    let sum = checksum(position, number, &frame[CHECKSUM_BYTES..]);
    frame[..CHECKSUM_BYTES].copy_from_slice(&sum.to_le_bytes());
    frame
}

fn checksum(position: u64, number: u64, content: &[u8]) -> u32 {
    let place =
        crc32c::crc32c_append(crc32c::crc32c(&position.to_le_bytes()), &number.to_le_bytes());
    crc32c::crc32c_append(place, content)
}
