//! Snapshots in files beside the journal: `snapshot-SHARD-POSITION.bin`.
//!
//! A file has its name only when it is whole and durable. What a crash left unfinished has
//! another name, and is removed before the next one is written.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use bancada_bank::ledger::Ledger;
use bancada_bank::ports::{SnapshotError, SnapshotStore};

use super::frame::{self, HEADER_BYTES, MAX_FRAME_BYTES};
use super::{N_KEPT, restore};
use crate::private_file;

const ENDING: &str = ".bin";
const UNFINISHED: &str = ".unfinished";

/// The snapshots of a shard, in a folder.
#[derive(Clone, Debug)]
pub struct FileSnapshots {
    folder: PathBuf,
    shard: u16,
}

impl FileSnapshots {
    /// Snapshots in this folder, which is there.
    pub fn new(folder: &Path, shard: u16) -> FileSnapshots {
        FileSnapshots { folder: folder.to_owned(), shard }
    }

    /// Where the snapshot of a position is, if there is one.
    pub fn path(&self, position: u64) -> PathBuf {
        self.file(position, ENDING)
    }

    /// Removes all of this shard: the journal has another past now.
    pub fn remove_all(&self) -> io::Result<()> {
        self.find(ENDING)?.into_iter().try_for_each(|it| fs::remove_file(self.path(it)))
    }

    fn file(&self, position: u64, ending: &str) -> PathBuf {
        self.folder.join(format!("snapshot-{}-{position}{ending}", self.shard))
    }

    /// The positions in the names of this shard's files.
    fn find(&self, ending: &str) -> io::Result<Vec<u64>> {
        let beginning = format!("snapshot-{}-", self.shard);
        let mut positions = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let name = file?.file_name();
            let position: Option<u64> = name
                .to_str()
                .and_then(|name| name.strip_prefix(&beginning)?.strip_suffix(ending)?.parse().ok());
            positions.extend(position);
        }
        positions.sort_unstable_by(|a, b| b.cmp(a));
        Ok(positions)
    }

    fn write_durably(&self, ledger: &Ledger) -> io::Result<()> {
        let position = ledger.position();
        for left_over in self.find(UNFINISHED)? {
            fs::remove_file(self.file(left_over, UNFINISHED))?;
        }
        let unfinished = self.file(position, UNFINISHED);
        let written =
            write(&unfinished, ledger).and_then(|()| fs::rename(&unfinished, self.path(position)));
        if let Err(error) = written {
            // It takes the room that payments need.
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        File::open(&self.folder)?.sync_all()?;
        self.remove_others(position)
    }

    /// One that seems newer is not of this journal, or could not be read.
    fn remove_others(&self, position: u64) -> io::Result<()> {
        let (older, newer): (Vec<u64>, Vec<u64>) =
            self.find(ENDING)?.into_iter().partition(|it| *it <= position);
        for other in older.into_iter().skip(N_KEPT).chain(newer) {
            fs::remove_file(self.path(other))?;
        }
        Ok(())
    }
}

fn write(path: &Path, ledger: &Ledger) -> io::Result<()> {
    let mut file = BufWriter::new(private_file::make_new(path)?);
    let position = ledger.position();
    let mut number = 0;
    let mut append = |frame: &[u8]| {
        let length = u32::try_from(frame.len()).map_err(|_| ErrorKind::FileTooLarge)?;
        file.write_all(&length.to_le_bytes())?;
        file.write_all(frame)
    };
    append(&frame::header(position))?;
    ledger.parts(|part| {
        number += 1;
        append(&frame::part(position, number, &part))
    })?;
    append(&frame::end(position, number + 1))?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

impl SnapshotStore for FileSnapshots {
    fn positions(&self) -> Result<Vec<u64>, SnapshotError> {
        self.find(ENDING).map_err(failure)
    }

    fn read(&self, position: u64) -> Result<Ledger, SnapshotError> {
        let file = File::open(self.path(position)).map_err(failure)?;
        let n_bytes = file.metadata().map_err(failure)?.len();
        let mut file = BufReader::new(file);
        let mut is_first = true;
        restore(position, n_bytes, move || {
            let mut length = [0; 4];
            match file.read_exact(&mut length) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(failure(error)),
            }
            let length = u32::from_le_bytes(length) as usize;
            let limit = if is_first { HEADER_BYTES } else { MAX_FRAME_BYTES };
            is_first = false;
            if length > limit {
                return Err(SnapshotError::Unusable("a frame's length is damaged".to_owned()));
            }
            let mut frame = vec![0; length];
            match file.read_exact(&mut frame) {
                Ok(()) => Ok(Some(frame)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
                Err(error) => Err(failure(error)),
            }
        })
    }

    fn write(&self, ledger: &Ledger) -> Result<(), SnapshotError> {
        self.write_durably(ledger).map_err(failure)
    }
}

fn failure(error: io::Error) -> SnapshotError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => SnapshotError::Full,
        _ => SnapshotError::Failed(error.to_string()),
    }
}
