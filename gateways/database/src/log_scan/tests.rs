use rusqlite::Connection;

use super::*;

const PAGE: usize = 4_096;
const FRAME: usize = FRAME_HEADER_BYTES + PAGE;

/// A log of so many commits, as it is when a process is killed.
fn log_of_commits(n_commits: usize, rows_each: usize) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.sqlite3");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    connection.execute_batch("CREATE TABLE record (record BLOB)").unwrap();
    for _ in 0..n_commits {
        connection.execute_batch("BEGIN").unwrap();
        for _ in 0..rows_each {
            connection.execute("INSERT INTO record VALUES (randomblob(5000))", ()).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    std::fs::read(log_of(&path)).unwrap()
}

fn is_damaged(log: &[u8]) -> bool {
    Log::read(log).is_some_and(|log| log.has_later_commit())
}

/// The numbers of the frames that end a commit.
fn commits(log: &[u8]) -> Vec<usize> {
    let frames = Log::read(log).unwrap().frames;
    (0..frames.len()).filter(|number| frames[*number].is_commit).collect()
}

fn frame_at(number: usize) -> usize {
    HEADER_BYTES + number * FRAME
}

#[test]
fn a_whole_log_and_any_end_cut_off_are_no_damage() {
    let log = log_of_commits(6, 3);
    assert!(commits(&log).len() >= 6);
    for n_bytes in (0..=log.len()).rev().step_by(97) {
        assert!(!is_damaged(&log[..n_bytes]), "{n_bytes} bytes");
    }
}

#[test]
fn a_bit_before_the_last_commit_is_damage() {
    let log = log_of_commits(4, 2);
    let commits = commits(&log);
    // Behind the damage there are at least two commits, wherever in its frame the bit is.
    let last = frame_at(commits[commits.len() - 3]);
    for byte in (0..last).step_by(13).chain(0..HEADER_BYTES) {
        // Neither version nor the number of checkpoints matters to a frame, and both are in the
        // checksum of the header; a log without a header is still known by its frames.
        let mut damaged = log.clone();
        damaged[byte] ^= 0x10;
        assert!(is_damaged(&damaged), "byte {byte}");
    }
}

#[test]
fn swapped_and_missing_frames_are_damage() {
    let log = log_of_commits(5, 2);
    let mut swapped = log.clone();
    let (a, b) = (frame_at(3), frame_at(4));
    swapped[a..b].copy_from_slice(&log[b..b + FRAME]);
    swapped[b..b + FRAME].copy_from_slice(&log[a..b]);
    assert!(is_damaged(&swapped));
    assert!(is_damaged(&[&log[..a], &log[b..]].concat()));
    assert!(is_damaged(&[&log[..a], &vec![0; FRAME], &log[b..]].concat()));
}

/// A power cut leaves of the last commit, which was not synced, any part of what was written,
/// and what was there before of the rest.
#[test]
fn whatever_is_left_of_the_last_commit_is_no_damage() {
    let log = log_of_commits(3, 4);
    let commits = commits(&log);
    let begin = frame_at(commits[commits.len() - 2] + 1);
    for sectors in 0..2_000_u64 {
        let mut cut = log.clone();
        let mut random = sectors.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for sector in cut[begin..].chunks_mut(512) {
            random = random.rotate_left(7).wrapping_mul(0x2545_F491_4F6C_DD1D) ^ sectors;
            if random & 0x100 == 0 {
                sector.fill(0);
            }
        }
        assert!(!is_damaged(&cut), "seed {sectors}");
    }
}

/// The log begins anew in the same file: what is behind its new end is of an earlier use.
#[test]
fn what_an_earlier_use_of_the_log_left_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.sqlite3");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch("CREATE TABLE record (record BLOB)").unwrap();
    let insert = "INSERT INTO record VALUES (randomblob(9000))";
    for _ in 0..10 {
        connection.execute(insert, ()).unwrap();
    }
    connection.query_row("PRAGMA wal_checkpoint(RESTART)", (), |_| Ok(())).unwrap();
    connection.execute(insert, ()).unwrap();
    let log = std::fs::read(log_of(&path)).unwrap();
    let used = Log::read(&log).unwrap();
    assert!(used.frames.iter().any(|frame| frame.salts != used.salts), "nothing was left");
    assert!(!is_damaged(&log));
}
