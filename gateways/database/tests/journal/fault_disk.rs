//! A power cut, torn sectors and errors at every point of a journal's life on a disk that fails:
//! what is there again is exactly what was acknowledged, and perhaps the one commit in progress.

use bancada_bank::ledger::Entry;
use bancada_bank::ports::{JournalError, JournalOpener as _};
use bancada_bank::proof::Loss;
use bancada_fault_disk::{FaultDisk, FaultJournal, SECTOR, SectorFate};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::{append, entries, replay};

/// Sizes of the commits: one of many sectors among them.
const BATCHES: [usize; 5] = [1, 3, 80, 7, 2];
const N_LOST_SETS: usize = 2_000;

/// A commit that the disk has seen, and not synced.
struct InFlight {
    /// The disk before it.
    before: Vec<u8>,
    /// The disk with all of it.
    after: Vec<u8>,
    acknowledged: Vec<Entry>,
    whole: Vec<Entry>,
}

impl InFlight {
    /// One for every commit of a journal.
    fn all() -> Vec<InFlight> {
        let disk = FaultDisk::new();
        let mut store = FaultJournal::new(&disk).open().unwrap();
        let all = entries(BATCHES.iter().sum::<usize>() as u64);
        let mut n_entries = 0;
        let commit = |size| {
            let acknowledged = all[..n_entries].to_vec();
            let before = disk.image();
            store.append(&all[n_entries..n_entries + size]).unwrap();
            n_entries += size;
            let (after, whole) = (disk.image(), all[..n_entries].to_vec());
            InFlight { before, after, acknowledged, whole }
        };
        BATCHES.into_iter().map(commit).collect()
    }

    /// What a start finds on a disk like this.
    fn recover(image: Vec<u8>) -> Vec<Entry> {
        let journal = FaultJournal::new(&FaultDisk::of_image(image));
        let found = replay(&journal, 0).unwrap();
        assert!(replay(&journal, 0).unwrap() == found, "the second start finds what the first did");
        found
    }

    /// The bytes that the commit wrote.
    fn tail(&self) -> std::ops::Range<usize> {
        self.before.len()..self.after.len()
    }
}

#[test]
fn a_commit_that_ends_after_any_byte_is_there_whole_or_not_at_all() {
    let mut n_points = 0;
    for commit in InFlight::all() {
        let written = commit.after.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        for length in commit.tail() {
            let found = InFlight::recover(commit.after[..length].to_vec());
            let expected = if length < written { &commit.acknowledged } else { &commit.whole };
            assert!(found == *expected, "cut after {length} bytes of {written}");
            n_points += 1;
        }
    }
    assert!(n_points > 10_000, "so many points at least: {n_points}");
}

#[test]
fn a_commit_that_loses_or_tears_sectors_is_there_whole_or_not_at_all() {
    let mut rng = StdRng::seed_from_u64(7);
    for commit in InFlight::all() {
        let n_sectors = commit.tail().len() / SECTOR;
        // Every set of lost sectors where there are few, and drawn ones where there are many.
        let every = (n_sectors < 11).then_some(0..1_u128 << n_sectors);
        let drawn: Vec<u128> = (0..N_LOST_SETS).map(|_| rng.random()).collect();
        for lost in every.into_iter().flatten().chain(drawn) {
            let mut image = commit.after.clone();
            for n in (0..n_sectors).filter(|n| lost >> (n % 128) & 1 == 1) {
                let n_written = if rng.random_bool(0.5) { 0 } else { rng.random_range(0..SECTOR) };
                let start = commit.before.len() + n * SECTOR;
                image[start + n_written..start + SECTOR].fill(0);
            }
            let expected = if image == commit.after { &commit.whole } else { &commit.acknowledged };
            assert!(InFlight::recover(image) == *expected, "without the sectors {lost:b}");
        }
    }
}

/// Commits one batch after the other until something fails; says how many were acknowledged.
fn commit_all(journal: &FaultJournal, all: &[Entry]) -> Result<usize, usize> {
    let mut n_acknowledged = 0;
    let Ok(mut store) = journal.open() else { return Err(0) };
    if store.replay(0, &mut |_| n_acknowledged += 1).is_err() {
        return Err(0);
    }
    for size in BATCHES {
        let Some(batch) = all.get(n_acknowledged..n_acknowledged + size) else { break };
        if store.append(batch).is_err() {
            return Err(n_acknowledged);
        }
        n_acknowledged += size;
    }
    Ok(n_acknowledged)
}

#[test]
fn an_error_of_any_call_and_a_power_cut_after_it_lose_nothing_that_was_acknowledged() {
    let all = entries(BATCHES.iter().sum::<usize>() as u64);
    let mut rng = StdRng::seed_from_u64(7);
    let mut n_possible = vec![0];
    BATCHES.iter().for_each(|size| n_possible.push(n_possible.last().unwrap() + size));
    for n_calls in 0.. {
        let disk = FaultDisk::new();
        let journal = FaultJournal::new(&disk);
        disk.fail_after(Some(n_calls));
        let Err(n_acknowledged) = commit_all(&journal, &all) else {
            assert!(n_calls > 10, "every commit writes and syncs: {n_calls}");
            break;
        };
        for _ in 0..200 {
            let disk = disk.copy();
            let journal = FaultJournal::new(&disk);
            // A process that only ended is followed by one that reads what was not synced; once
            // that has told of it, a power cut must not take it away any more.
            let is_power_cut = rng.random_bool(0.5);
            let cut = |rng: &mut StdRng| {
                disk.cut_power(|_| match rng.random_range(0..3) {
                    0 => SectorFate::Written,
                    1 => SectorFate::Lost,
                    _ => SectorFate::Torn(rng.random_range(0..SECTOR)),
                });
            };
            if is_power_cut {
                cut(&mut rng);
            }
            let found = replay(&journal, 0).unwrap();
            assert!(found == all[..found.len()] && n_possible.contains(&found.len()));
            let next = n_possible.iter().find(|n| **n > n_acknowledged).unwrap();
            assert!((n_acknowledged..=*next).contains(&found.len()), "after {n_calls} calls");
            cut(&mut rng);
            assert!(replay(&journal, 0).unwrap() == found, "what was read once stays");
        }
    }
}

#[test]
fn what_a_failed_sync_forgot_is_lost_to_a_journal_that_believes_what_it_reads() {
    let disk = FaultDisk::new();
    let journal = FaultJournal::new(&disk).believing_what_it_reads();
    disk.fail_after(Some(2));
    journal.open().unwrap().append(&entries(1)).unwrap_err();
    assert_eq!(replay(&journal, 0).unwrap().len(), 1);
    disk.cut_power(|_| SectorFate::Lost);
    assert_eq!(replay(&journal, 0).unwrap().len(), 0);
}

#[test]
fn damage_before_a_whole_record_is_refused_wherever_it_is() {
    let disk = FaultDisk::new();
    append(&FaultJournal::new(&disk), &entries(6), &[1, 2, 1]);
    let image = disk.image();
    let last = image.len() - image.len() % SECTOR - 2 * SECTOR;
    for at in (0..last).filter(|at| image[*at] != 0) {
        let mut damaged = image.clone();
        damaged[at] ^= 0x40;
        let error = replay(&FaultJournal::new(&FaultDisk::of_image(damaged)), 0).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, JournalError::Lost(Loss::Damaged { .. })), "{text}");
        assert!(text.contains("at byte") && text.contains("follows at byte"), "{text}");
    }
}

#[test]
fn a_full_disk_takes_nothing_and_later_more() {
    let disk = FaultDisk::new();
    let journal = FaultJournal::new(&disk);
    let all = entries(40);
    append(&journal, &all[..2], &[]);
    disk.set_capacity(Some(disk.image().len() + SECTOR));
    let mut store = journal.open().unwrap();
    store.replay(0, &mut |_| {}).unwrap();
    assert_eq!(store.append(&all[2..]), Err(JournalError::Full));
    assert!(!store.has_room());
    assert_eq!(replay(&journal, 0).unwrap(), all[..2], "nothing of the refused is there");
    disk.set_capacity(None);
    assert!(store.has_room());
    store.append(&all[2..]).unwrap();
    assert_eq!(replay(&journal, 0).unwrap(), all);
}
