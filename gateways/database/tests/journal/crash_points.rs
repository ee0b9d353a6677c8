//! A power cut at every point of a commit: what is there again is exactly what was acknowledged.
//!
//! SQLite's write-ahead log is the journal's tail. Its file is cut after every byte, and its last
//! commit loses every sector and many sets of sectors, as a disk does that writes them in any
//! order.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bancada_bank::ledger::Entry;
use bancada_bank::ports::JournalOpener as _;
use bancada_database::journal::SqliteJournal;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::{entries, replay, sqlite};

/// What a disk writes whole.
const SECTOR: usize = 512;
/// Sizes of the commits: one of several pages among them.
const BATCHES: [usize; 4] = [1, 3, 20, 2];
const N_LOST_SETS: usize = 2_000;

/// The files as they are at the moment of a power cut.
struct Image {
    folder: tempfile::TempDir,
    all: Vec<Entry>,
    database: Vec<u8>,
    log: Vec<u8>,
    /// How long the log was when each commit was acknowledged, and how many entries there were.
    acknowledged: Vec<(usize, usize)>,
}

impl Image {
    fn take() -> Image {
        // Syncs are not what is tested here, and they would be the time it takes.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = folder.path().join("journal.sqlite3");
        drop(SqliteJournal::new(&path, 0, None).open().unwrap());
        let mut store = SqliteJournal::new(&path, 0, None).open().unwrap();
        let all = entries(BATCHES.iter().sum::<usize>() as u64);
        let mut acknowledged = vec![(0, 0)];
        let mut n_entries = 0;
        for size in BATCHES {
            store.append(&all[n_entries..n_entries + size]).unwrap();
            n_entries += size;
            acknowledged.push((fs::metadata(log_of(&path)).unwrap().len() as usize, n_entries));
        }
        let (database, log) = (fs::read(&path).unwrap(), fs::read(log_of(&path)).unwrap());
        drop(store);
        fs::create_dir(folder.path().join("after")).unwrap();
        Image { folder, all, database, log, acknowledged }
    }

    /// What a start finds with this log.
    fn recover(&self, log: &[u8]) -> Vec<Entry> {
        let path = self.folder.path().join("after/journal.sqlite3");
        let _ = fs::remove_file(path.with_file_name("journal.sqlite3-shm"));
        fs::write(&path, &self.database).unwrap();
        fs::write(log_of(&path), log).unwrap();
        replay(&sqlite(&path), 0).unwrap()
    }

    /// What was acknowledged while the log was this long.
    fn acknowledged_at(&self, log_length: usize) -> &[Entry] {
        let whole = self.acknowledged.iter().rfind(|(length, _)| *length <= log_length);
        &self.all[..whole.unwrap().1]
    }

    /// The part of the log that the last commit wrote.
    fn last_commit(&self) -> Range<usize> {
        self.acknowledged[BATCHES.len() - 1].0..self.log.len()
    }
}

fn log_of(path: &Path) -> PathBuf {
    path.with_file_name("journal.sqlite3-wal")
}

#[test]
fn a_log_that_ends_after_any_byte_holds_what_was_acknowledged() {
    let image = Image::take();
    assert!(image.log.len() > 10_000, "so many points at least: {}", image.log.len());
    for length in 0..=image.log.len() {
        let found = image.recover(&image.log[..length]);
        assert!(found == image.acknowledged_at(length), "cut after {length} bytes");
    }
}

#[test]
fn a_commit_that_loses_sectors_is_there_whole_or_not_at_all() {
    let image = Image::take();
    let commit = image.last_commit();
    let before = image.acknowledged_at(commit.start);
    let sectors: Vec<_> = (commit.start / SECTOR..commit.end.div_ceil(SECTOR))
        .map(|sector| (sector * SECTOR).max(commit.start)..((sector + 1) * SECTOR).min(commit.end))
        .collect();
    let mut rng = StdRng::seed_from_u64(7);
    let singles = (0..sectors.len()).map(|lost| vec![lost]);
    let sets: Vec<Vec<usize>> = (0..N_LOST_SETS)
        .map(|_| (0..sectors.len()).filter(|_| rng.random_bool(0.3)).collect())
        .collect();
    for lost in singles.chain(sets) {
        let mut log = image.log.clone();
        let mut is_changed = false;
        for sector in &lost {
            is_changed |= log[sectors[*sector].clone()].iter().any(|byte| *byte != 0);
            log[sectors[*sector].clone()].fill(0);
        }
        let found = image.recover(&log);
        let expected = if is_changed { before } else { &image.all[..] };
        assert!(found == expected, "without the sectors {lost:?}");
    }
}

#[test]
fn what_a_start_has_read_survives_the_loss_of_everything_unsynced() {
    let image = Image::take();
    // As a process leaves it that ends after writing its last commit, which may not be synced.
    assert!(image.recover(&image.log) == image.all);
    let path = image.folder.path().join("after/journal.sqlite3");
    fs::write(&path, &image.database).unwrap();
    fs::write(log_of(&path), &image.log).unwrap();
    let _ = fs::remove_file(path.with_file_name("journal.sqlite3-shm"));
    let mut store = sqlite(&path).open().unwrap();
    let mut found = Vec::new();
    store.replay(0, &mut |entry| found.push(entry)).unwrap();
    // While it runs, the power goes: of the log, only what was synced would be left.
    let copy = image.folder.path().join("copy.sqlite3");
    fs::copy(&path, &copy).unwrap();
    assert!(replay(&sqlite(&copy), 0).unwrap() == found);
    assert_eq!(found.len(), image.all.len());
}
