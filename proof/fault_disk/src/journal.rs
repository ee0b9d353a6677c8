//! The Bank's journal on a [`FaultDisk`]: frames one behind the other, each from a sector on.
//!
//! | bytes | of a frame |
//! |---|---|
//! | 4 | `BNCJ` |
//! | 8 | position of its first entry |
//! | 4 | bytes of its record |
//! | 4 | CRC-32C of the record |
//! | 4 | CRC-32C of all that |
//! | | the record: one group commit |
//!
//! One frame is written at a time and synced before the next, so only the last one can be torn:
//! it was never acknowledged, and it is cut off. What is wrong before a whole frame is damage, and
//! the journal is refused.

use std::ops::Range;

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{EventHistory, JournalError, JournalOpener, JournalStore};
use bancada_bank::proof::{Knowledge, Looked, Witness, judge};

use bancada_record::{Replay, encode};

use crate::{DiskError, FaultDisk, SECTOR};

const MAGIC: [u8; 4] = *b"BNCJ";
const HEADER_BYTES: usize = 24;
/// Room that must be there before payments are accepted again.
const PROBE_BYTES: usize = 8 * SECTOR;

/// A journal on a disk of its own.
#[derive(Clone)]
pub struct FaultJournal {
    disk: FaultDisk,
    believes_what_it_reads: bool,
    ends_at_the_first_damage: bool,
}

impl FaultJournal {
    /// The journal on this disk.
    pub fn new(disk: &FaultDisk) -> FaultJournal {
        FaultJournal {
            disk: disk.clone(),
            believes_what_it_reads: false,
            ends_at_the_first_damage: false,
        }
    }

    /// A journal with a fault, to see that it is found: what it reads at the start it takes for
    /// durable, although the process before may have ended between a write and its sync.
    #[must_use]
    pub fn believing_what_it_reads(self) -> FaultJournal {
        FaultJournal { believes_what_it_reads: true, ..self }
    }

    /// A journal with a fault, to see that it is found: what is behind a damage it takes for torn,
    /// although whole records follow.
    #[must_use]
    pub fn ending_at_the_first_damage(self) -> FaultJournal {
        FaultJournal { ends_at_the_first_damage: true, ..self }
    }

    /// Whether the last frame of a disk begins behind this byte, and the one before it as well:
    /// what is damaged there is damaged before whole commits.
    pub fn is_before_two_commits(image: &[u8], at: usize) -> bool {
        let begins = (0..image.len()).step_by(SECTOR).filter(|at| frame_at(image, *at).is_ok());
        begins.filter(|begin| *begin > at).count() >= 2
    }

    /// Reads what is durable, beside the writer.
    pub fn history(&self) -> FaultHistory {
        FaultHistory { disk: self.disk.clone() }
    }
}

impl JournalOpener for FaultJournal {
    /// The disk is read for the first time when the journal is replayed.
    fn open(&self) -> Result<Box<dyn JournalStore>, JournalError> {
        Ok(Box::new(Store { journal: self.clone(), end: None }))
    }
}

struct Store {
    journal: FaultJournal,
    /// Where the next frame goes, once the journal was read.
    end: Option<End>,
}

#[derive(Clone, Copy)]
struct End {
    at: usize,
    /// The position that comes next; any in an empty journal.
    expected: Option<u64>,
}

impl JournalStore for Store {
    fn replay(&mut self, after: u64, each: &mut dyn FnMut(Entry)) -> Result<(), JournalError> {
        self.end = None;
        let image = self.journal.disk.read().map_err(failure)?;
        let mut replay = Replay::after(after);
        let looks_behind = !self.journal.ends_at_the_first_damage;
        let whole = read(&image, looks_behind, &mut replay, &mut |entry| {
            each(entry);
            true
        })?;
        let end = End { at: whole.end, expected: replay.expected() };
        if !self.journal.believes_what_it_reads {
            self.make_durable(&image, whole)?;
        }
        self.end = Some(end);
        Ok(())
    }

    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let first = first.event.position;
        if self.end.is_none() {
            self.replay(0, &mut |_| {})?;
        }
        let unread = || JournalError::Failed("the journal was not read".to_owned());
        let End { at, expected } = self.end.ok_or_else(unread)?;
        // As in the other journals: what is missing before it is found by the next start.
        if expected.is_some_and(|expected| first < expected) {
            return Err(JournalError::Failed(format!("position {first} is written already")));
        }
        let frame = frame(first, &encode(entries));
        match self.journal.disk.write(at, &frame) {
            Ok(()) => {}
            Err(DiskError::Full) => return Err(JournalError::Full),
            Err(error) => return Err(self.lose(error)),
        }
        if let Err(error) = self.journal.disk.sync() {
            return Err(self.lose(error));
        }
        let n_entries = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        let at = (at + frame.len()).next_multiple_of(SECTOR);
        self.end = Some(End { at, expected: first.checked_add(n_entries) });
        Ok(())
    }

    fn has_room(&mut self) -> bool {
        self.end.is_some_and(|end| self.journal.disk.has_room(end.at, PROBE_BYTES))
    }
}

impl Store {
    /// What is there is not known any more before it is read again.
    fn lose(&mut self, error: DiskError) -> JournalError {
        self.end = None;
        failure(error)
    }

    /// What was read may never have been synced, or by a sync that failed: the last frame is
    /// written again, and what is left of a torn one behind it is taken away.
    fn make_durable(&self, image: &[u8], whole: Whole) -> Result<(), JournalError> {
        let disk = &self.journal.disk;
        disk.write(whole.last.start, &image[whole.last]).map_err(failure)?;
        if image[whole.end..].iter().any(|byte| *byte != 0) {
            disk.write(whole.end, &vec![0; image.len() - whole.end]).map_err(failure)?;
        }
        disk.sync().map_err(failure)
    }
}

/// The frames that can be used.
struct Whole {
    last: Range<usize>,
    end: usize,
}

/// Reads frames until the end of the journal, or until `each` has enough.
fn read(
    image: &[u8],
    looks_behind: bool,
    replay: &mut Replay,
    each: &mut dyn FnMut(Entry) -> bool,
) -> Result<Whole, JournalError> {
    let mut whole = Whole { last: 0..0, end: 0 };
    let why = loop {
        let frame = match frame_at(image, whole.end) {
            Ok(frame) => frame,
            Err(why) => break why,
        };
        let is_enough = !replay.read(frame.first, &image[frame.record.clone()], each)?;
        whole = Whole { last: whole.end..frame.record.end, end: frame.end() };
        if is_enough {
            return Ok(whole);
        }
    };
    let mut later = (whole.end..image.len()).step_by(SECTOR).skip(1);
    if looks_behind && let Some(later) = later.find(|at| frame_at(image, *at).is_ok()) {
        let end = whole.end;
        let who = format!("the journal at byte {end} ({why}; a record follows at byte {later})");
        judge(&Looked::UNOPENED, &[Witness { who, knows: Knowledge::LaterCommit }])?;
    }
    Ok(whole)
}

struct Frame {
    first: u64,
    record: Range<usize>,
}

impl Frame {
    fn end(&self) -> usize {
        self.record.end.next_multiple_of(SECTOR)
    }
}

fn frame(first: u64, record: &[u8]) -> Vec<u8> {
    let length = u32::try_from(record.len()).expect("a commit is a thousand entries at most");
    let mut frame = Vec::with_capacity(HEADER_BYTES + record.len());
    frame.extend(MAGIC);
    frame.extend(first.to_le_bytes());
    frame.extend(length.to_le_bytes());
    frame.extend(crc32c::crc32c(record).to_le_bytes());
    frame.extend(crc32c::crc32c(&frame).to_le_bytes());
    frame.extend(record);
    frame
}

/// The frame that begins at a byte, or why there is none.
fn frame_at(image: &[u8], at: usize) -> Result<Frame, &'static str> {
    let header = image.get(at..at + HEADER_BYTES).ok_or("it ends there")?;
    let number = |at: usize| {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&header[at..at + 4]);
        u32::from_le_bytes(bytes)
    };
    if header[..4] != MAGIC {
        return Err("no record begins there");
    }
    if crc32c::crc32c(&header[..20]) != number(20) {
        return Err("the record's header has a wrong checksum");
    }
    let start = at + HEADER_BYTES;
    let length = usize::try_from(number(12)).map_err(|_| "the record is too long")?;
    let record = start..start.saturating_add(length);
    let content = image.get(record.clone()).ok_or("the record's end is missing")?;
    if crc32c::crc32c(content) != number(16) {
        return Err("the record has a wrong checksum");
    }
    let first = u64::from(number(8)) << 32 | u64::from(number(4));
    Ok(Frame { first, record })
}

/// Reads the past of a journal.
pub struct FaultHistory {
    disk: FaultDisk,
}

impl EventHistory for FaultHistory {
    fn entries(&self, after: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let image = self.disk.durable().map_err(failure)?;
        let mut entries = Vec::new();
        read(&image, true, &mut Replay::after(after), &mut |entry| {
            entries.push(entry);
            entries.len() < limit
        })?;
        Ok(entries)
    }
}

fn failure(error: DiskError) -> JournalError {
    match error {
        DiskError::Full => JournalError::Full,
        DiskError::Failed => JournalError::Failed(error.to_string()),
    }
}
