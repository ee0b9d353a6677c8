//! A group commit as bytes: version, checksum, entries.
//!
//! The checksum is ours although SQLite has pages of its own: it is what tells a damaged file
//! from a good one before money is decided on it.

use bancada_bank::ledger::Entry;

/// The first byte of a record; another means another layout.
const VERSION: u8 = 1;
/// Version byte and CRC-32C of the rest, little-endian.
const HEADER_BYTES: usize = 5;

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("it has only {0} bytes")]
    Short(usize),
    #[error("its version is {0}, and this program knows {VERSION}; run a newer Bancada")]
    Version(u8),
    #[error("its checksum is wrong: the file is damaged")]
    Checksum,
    #[error("it cannot be read: {0}")]
    Content(String),
}

/// Entries as bytes.
pub(crate) fn encode(entries: &[Entry]) -> Vec<u8> {
    let header = vec![VERSION, 0, 0, 0, 0];
    let mut record =
        postcard::to_extend(entries, header).expect("entries are plain data, and memory grows");
    let checksum = crc32c::crc32c(&record[HEADER_BYTES..]).to_le_bytes();
    record[1..HEADER_BYTES].copy_from_slice(&checksum);
    record
}

/// Bytes as entries.
pub(crate) fn decode(record: &[u8]) -> Result<Vec<Entry>, RecordError> {
    let Some((header, content)) = record.split_first_chunk::<HEADER_BYTES>() else {
        return Err(RecordError::Short(record.len()));
    };
    let [version, checksum @ ..] = *header;
    if version != VERSION {
        return Err(RecordError::Version(version));
    }
    if crc32c::crc32c(content) != u32::from_le_bytes(checksum) {
        return Err(RecordError::Checksum);
    }
    postcard::from_bytes(content).map_err(|error| RecordError::Content(error.to_string()))
}
