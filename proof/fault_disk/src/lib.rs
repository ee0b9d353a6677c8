//! A disk in memory on which everything goes wrong that can: for tests and for the simulator.
//!
//! What is written is read back at once, and survives the end of a process; only what was synced
//! afterwards survives a power cut, which leaves of every other sector the new content, the old
//! one, or the beginning of the new and the rest of the old. Every call can be made to fail, and
//! the disk can be made full.
//!
//! A sync that fails forgets what it was to write, as Linux does: reads go on to see it, and a
//! later sync that succeeds does not make it durable. Only writing it again does.

mod journal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use journal::{FaultHistory, FaultJournal};

/// What a disk writes whole, unless the power goes.
pub const SECTOR: usize = 512;

/// What a power cut makes of a sector that was written and not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectorFate {
    /// It was written in time.
    Written,
    /// It is as it was before.
    Lost,
    /// Only so many bytes from its beginning were written.
    Torn(usize),
}

/// Why the disk did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// No room; nothing was written.
    #[error("the disk is full")]
    Full,
    /// The call was to fail; a write may have been done in part.
    #[error("the disk failed")]
    Failed,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct FaultDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What a read sees.
    image: Vec<u8>,
    /// Of each sector that the next sync makes durable: what is durable of it now.
    unsynced: BTreeMap<usize, [u8; SECTOR]>,
    /// The same of each sector that a failed sync forgot.
    forgotten: BTreeMap<usize, [u8; SECTOR]>,
    /// Bytes that fit; everything does otherwise.
    capacity: Option<usize>,
    /// How many calls are still to succeed before one fails.
    calls_until_failure: Option<u64>,
}

impl FaultDisk {
    /// An empty disk on which nothing goes wrong yet.
    pub fn new() -> FaultDisk {
        FaultDisk::default()
    }

    /// Lets the call after the next `n_calls` fail, once; `None` lets none fail.
    pub fn fail_after(&self, n_calls: Option<u64>) {
        self.state().calls_until_failure = n_calls;
    }

    /// Lets this many bytes fit, or any number. What is there already stays.
    pub fn set_capacity(&self, bytes: Option<usize>) {
        self.state().capacity = bytes;
    }

    /// The power goes and comes back; `fate` says of each sector that was not synced, by its
    /// number, what became of it.
    pub fn cut_power(&self, mut fate: impl FnMut(usize) -> SectorFate) {
        let mut state = self.state();
        let mut lost = std::mem::take(&mut state.unsynced);
        lost.append(&mut state.forgotten);
        for (sector, before) in lost {
            let n_written = match fate(sector) {
                SectorFate::Written => SECTOR,
                SectorFate::Lost => 0,
                SectorFate::Torn(n_bytes) => n_bytes.min(SECTOR),
            };
            let start = sector * SECTOR;
            state.image[start + n_written..start + SECTOR].copy_from_slice(&before[n_written..]);
        }
    }

    /// Everything that a read sees: to look at, or to change it as a fault of the medium does.
    pub fn image(&self) -> Vec<u8> {
        self.state().image.clone()
    }

    /// The medium does something to what is on it, synced or not. What was not synced is synced
    /// first: there was time.
    pub fn damage(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        state.unsynced.clear();
        state.forgotten.clear();
        change(&mut state.image);
        let n_bytes = state.image.len().next_multiple_of(SECTOR);
        state.image.resize(n_bytes, 0);
    }

    /// How many bytes a read sees.
    pub fn n_bytes(&self) -> usize {
        self.state().image.len()
    }

    /// A disk that holds this and has synced it. The rest of its last sector is zero.
    pub fn of_image(mut image: Vec<u8>) -> FaultDisk {
        image.resize(image.len().next_multiple_of(SECTOR), 0);
        FaultDisk(Arc::new(Mutex::new(State { image, ..State::default() })))
    }

    /// Another disk that is as this one is now, with nothing that is to fail.
    pub fn copy(&self) -> FaultDisk {
        let state = self.state();
        FaultDisk(Arc::new(Mutex::new(State {
            image: state.image.clone(),
            unsynced: state.unsynced.clone(),
            forgotten: state.forgotten.clone(),
            ..State::default()
        })))
    }

    /// How many sectors a power cut could change now.
    pub fn n_unsynced(&self) -> usize {
        let state = self.state();
        state.unsynced.len() + state.forgotten.len()
    }

    /// What would be left if every unsynced sector were lost: what a reader may tell of.
    fn durable(&self) -> Result<Vec<u8>, DiskError> {
        let mut state = self.state();
        state.call()?;
        let mut image = state.image.clone();
        for (sector, before) in state.forgotten.iter().chain(&state.unsynced) {
            image[sector * SECTOR..(sector + 1) * SECTOR].copy_from_slice(before);
        }
        Ok(image)
    }

    /// Reads everything.
    fn read(&self) -> Result<Vec<u8>, DiskError> {
        let mut state = self.state();
        state.call()?;
        Ok(state.image.clone())
    }

    /// Writes at a byte; what lies between there and what was written before is zero.
    fn write(&self, at: usize, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.state();
        let done = state.call();
        let end = (at + bytes.len()).next_multiple_of(SECTOR);
        // What is there already needs no room.
        let n_bytes = state.image.len();
        if done.is_ok() && state.capacity.is_some_and(|capacity| end > capacity.max(n_bytes)) {
            return Err(DiskError::Full);
        }
        // A write that fails has done the half of it.
        let bytes = if done.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        state.put(at, bytes);
        done
    }

    /// Makes everything written so far durable.
    fn sync(&self) -> Result<(), DiskError> {
        let mut state = self.state();
        let done = state.call();
        let unsynced = std::mem::take(&mut state.unsynced);
        if done.is_err() {
            state.forgotten.extend(unsynced);
        }
        done
    }

    /// Whether so many bytes fit at a byte.
    fn has_room(&self, at: usize, n_bytes: usize) -> bool {
        let state = self.state();
        let end = (at + n_bytes).next_multiple_of(SECTOR);
        state.capacity.is_none_or(|capacity| end <= capacity)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn call(&mut self) -> Result<(), DiskError> {
        match &mut self.calls_until_failure {
            Some(0) => {
                self.calls_until_failure = None;
                Err(DiskError::Failed)
            }
            Some(n_calls) => {
                *n_calls -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = at + bytes.len();
        if self.image.len() < end {
            self.image.resize(end.next_multiple_of(SECTOR), 0);
        }
        for sector in at / SECTOR..end.div_ceil(SECTOR) {
            let mut before = [0; SECTOR];
            before.copy_from_slice(&self.image[sector * SECTOR..(sector + 1) * SECTOR]);
            let before = self.forgotten.remove(&sector).unwrap_or(before);
            self.unsynced.entry(sector).or_insert(before);
        }
        self.image[at..end].copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(disk: &FaultDisk) -> Vec<u8> {
        disk.read().unwrap().iter().copied().filter(|byte| *byte != 0).collect()
    }

    #[test]
    fn only_what_was_synced_survives_a_power_cut() {
        let disk = FaultDisk::new();
        disk.write(0, &[1; 4]).unwrap();
        disk.sync().unwrap();
        disk.write(2, &[2; SECTOR]).unwrap();
        assert_eq!((disk.n_unsynced(), bytes_of(&disk).len()), (2, SECTOR + 2));
        assert_eq!(disk.durable().unwrap()[..5], [1, 1, 1, 1, 0]);
        disk.cut_power(|sector| [SectorFate::Torn(3), SectorFate::Lost][sector]);
        assert_eq!(bytes_of(&disk), [1, 1, 2, 1]);
        disk.write(0, &[3]).unwrap();
        disk.cut_power(|_| SectorFate::Written);
        assert_eq!(bytes_of(&disk), [3, 1, 2, 1]);
    }

    #[test]
    fn a_failed_sync_is_not_mended_by_another_one_but_by_writing_again() {
        let disk = FaultDisk::new();
        for is_written_again in [false, true] {
            disk.write(0, &[7]).unwrap();
            disk.fail_after(Some(0));
            assert_eq!(disk.sync(), Err(DiskError::Failed));
            if is_written_again {
                disk.write(0, &[7]).unwrap();
            }
            disk.sync().unwrap();
            assert_eq!(bytes_of(&disk), [7], "a read sees it");
            disk.cut_power(|_| SectorFate::Lost);
            assert_eq!(bytes_of(&disk).len(), usize::from(is_written_again));
        }
    }

    #[test]
    fn a_full_disk_writes_nothing_and_a_failing_one_a_part() {
        let disk = FaultDisk::new();
        disk.set_capacity(Some(SECTOR));
        assert_eq!(disk.write(SECTOR - 1, &[1; 2]), Err(DiskError::Full));
        assert!(bytes_of(&disk).is_empty());
        assert!(disk.has_room(0, SECTOR) && !disk.has_room(1, SECTOR));
        disk.fail_after(Some(1));
        disk.write(0, &[1; 4]).unwrap();
        assert_eq!(disk.write(4, &[2; 4]), Err(DiskError::Failed));
        assert_eq!(bytes_of(&disk), [1, 1, 1, 1, 2, 2]);
    }
}
