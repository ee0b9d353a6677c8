//! The high-water mark of a shard's journal in a file of its own: `mark-SHARD.bin`.
//!
//! Two slots, each in a sector of its own, are written in turns: what a power cut tears is the
//! newer one, and the older one is still there. A write replaces bytes in place, so that a full
//! disk has room for it.
//!
//! | bytes | of a slot |
//! |---|---|
//! | 4 | `BNCM` |
//! | 2 | shard |
//! | 8 | how many were written before: the higher one is the newer |
//! | 8 | position |
//! | 8 | chain |
//! | 4 | CRC-32C of all that |

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bancada_bank::ports::HighWaterMark;
use bancada_bank::proof::{Chain, Mark};

use crate::private_file;

const MAGIC: [u8; 4] = *b"BNCM";
/// What a disk writes whole.
const SLOT: usize = 512;
const USED: usize = 34;

/// The mark of a shard, in a file.
#[derive(Debug)]
pub struct FileMark {
    path: PathBuf,
    shard: u16,
    file: File,
    n_written: u64,
}

impl FileMark {
    /// Where a shard's mark is, in the folder of its Bank.
    pub fn path(folder: &Path, shard: u16) -> PathBuf {
        folder.join(format!("mark-{shard}.bin"))
    }

    /// Opens or makes the mark of a shard in a folder.
    pub fn open(folder: &Path, shard: u16) -> io::Result<FileMark> {
        let path = FileMark::path(folder, shard);
        let file = private_file::open_or_make(&path)?;
        let n_bytes = 2 * SLOT as u64;
        if file.metadata()?.len() < n_bytes {
            // Written rather than set as a length: a hole has no room on a full disk.
            file.write_all_at(&[0; 2 * SLOT], 0)?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
        }
        let mut mark = FileMark { path, shard, file, n_written: 0 };
        mark.n_written = mark.newest().map_or(0, |(n_written, _)| n_written);
        Ok(mark)
    }

    /// The newest mark that is whole, and how many were written by then.
    fn newest(&self) -> Option<(u64, Mark)> {
        let mut bytes = [0; 2 * SLOT];
        self.file.read_exact_at(&mut bytes, 0).ok()?;
        let slots = bytes.chunks_exact(SLOT).filter_map(|slot| decode(slot, self.shard));
        slots.max_by_key(|(n_written, _)| *n_written)
    }
}

impl HighWaterMark for FileMark {
    fn read(&mut self) -> Option<Mark> {
        self.newest().map(|(_, mark)| mark)
    }

    fn write(&mut self, mark: Mark) -> Result<(), String> {
        let n_written = self.n_written + 1;
        let slot = SLOT as u64 * (n_written % 2);
        let written = self.file.write_all_at(&encode(n_written, self.shard, mark), slot);
        written.map_err(|error| error.to_string())?;
        self.n_written = n_written;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), String> {
        self.file.sync_data().map_err(|error| error.to_string())
    }

    fn place(&self) -> String {
        format!("the high-water mark in {}", self.path.display())
    }
}

fn encode(n_written: u64, shard: u16, mark: Mark) -> [u8; USED] {
    let mut slot = [0; USED];
    slot[..4].copy_from_slice(&MAGIC);
    slot[4..6].copy_from_slice(&shard.to_le_bytes());
    slot[6..14].copy_from_slice(&n_written.to_le_bytes());
    slot[14..22].copy_from_slice(&mark.position.to_le_bytes());
    slot[22..30].copy_from_slice(&mark.chain.get().to_le_bytes());
    let sum = crc32c::crc32c(&slot[..30]).to_le_bytes();
    slot[30..].copy_from_slice(&sum);
    slot
}

fn decode(slot: &[u8], shard: u16) -> Option<(u64, Mark)> {
    let number = |at: usize| Some(u64::from_le_bytes(*slot.get(at..)?.first_chunk()?));
    let (n_written, position, chain) = (number(6)?, number(14)?, number(22)?);
    let mark = Mark { position, chain: Chain::new(chain) };
    (slot.get(..USED)? == encode(n_written, shard, mark)).then_some((n_written, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(position: u64) -> Mark {
        Mark { position, chain: Chain::new(position * 1_000) }
    }

    #[test]
    fn the_last_mark_that_was_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = FileMark::open(dir.path(), 3).unwrap();
        assert_eq!(first.read(), None);
        for position in 1..=3 {
            first.write(mark(position)).unwrap();
            assert_eq!(first.read(), Some(mark(position)));
        }
        first.sync().unwrap();
        // The next process goes on where this one was.
        let mut second = FileMark::open(dir.path(), 3).unwrap();
        assert_eq!(second.read(), Some(mark(3)));
        // After a loss that was accepted it goes back.
        second.write(mark(2)).unwrap();
        assert_eq!(FileMark::open(dir.path(), 3).unwrap().read(), Some(mark(2)));
    }

    /// Any damage leaves the mark before, or none: never one that nobody wrote.
    #[test]
    fn a_damaged_mark_is_older_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = FileMark::path(dir.path(), 0);
        let mut kept = FileMark::open(dir.path(), 0).unwrap();
        kept.write(mark(1)).unwrap();
        kept.write(mark(2)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, damaged).unwrap();
            let read = FileMark::open(dir.path(), 0).unwrap().read();
            assert!(read == Some(mark(1)) || read == Some(mark(2)), "bit {bit}: {read:?}");
        }
        for n_bytes in 0..SLOT {
            std::fs::write(&path, &whole[..n_bytes]).unwrap();
            let read = FileMark::open(dir.path(), 0).unwrap().read();
            assert!(read.is_none_or(|read| read == mark(2)), "{n_bytes} bytes: {read:?}");
        }
        std::fs::write(&path, whole).unwrap();
        std::fs::rename(&path, FileMark::path(dir.path(), 1)).unwrap();
        assert_eq!(FileMark::open(dir.path(), 1).unwrap().read(), None, "of another shard");
    }
}
