//! Snapshots that a crash, a disk or another program has left in disorder: each is found out, and
//! the one before it is as good as ever.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::Command;

use bancada_bank::ports::{SnapshotError, SnapshotStore};
use bancada_database::postgres::PostgresSnapshots;
use bancada_database::snapshot::FileSnapshots;

use crate::past::Past;
use crate::snapshots::after;
use bancada_testbed::postgresql::Server;

/// Positions of the good one and of the one that is damaged.
const GOOD: usize = 40;
const BAD: usize = 60;

#[track_caller]
fn only_the_good_one_is_read(snapshots: &dyn SnapshotStore, past: &Past, what: &str) {
    let read = snapshots.read(BAD as u64);
    assert!(matches!(read, Err(SnapshotError::Unusable(_))), "{what}: {:?}", read.err());
    assert!(snapshots.read(GOOD as u64).unwrap() == after(past, GOOD), "{what}");
}

#[test]
fn a_file_with_any_byte_changed_or_any_end_missing_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = FileSnapshots::new(dir.path(), 0);
    let past = Past::of(BAD);
    snapshots.write(&after(&past, GOOD)).unwrap();
    snapshots.write(&after(&past, BAD)).unwrap();
    let path = snapshots.path(BAD as u64);
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 2_000, "{}", whole.len());
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        fs::write(&path, damaged).unwrap();
        only_the_good_one_is_read(&snapshots, &past, &format!("byte {at}"));
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        only_the_good_one_is_read(&snapshots, &past, &format!("cut after {length}"));
    }
    fs::write(&path, &whole).unwrap();
    assert!(snapshots.read(BAD as u64).unwrap() == after(&past, BAD));
}

#[test]
fn a_file_of_many_parts_is_checked_in_every_part() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = FileSnapshots::new(dir.path(), 0);
    let past = Past::of(30_000);
    let ledger = after(&past, 30_000);
    snapshots.write(&ledger).unwrap();
    let path = snapshots.path(30_000);
    let whole = fs::read(&path).unwrap();
    for part in 0..100 {
        let mut damaged = whole.clone();
        damaged[whole.len() / 100 * part + 30] ^= 1;
        fs::write(&path, damaged).unwrap();
        let read = snapshots.read(30_000);
        assert!(matches!(read, Err(SnapshotError::Unusable(_))), "{part}: {:?}", read.err());
    }
}

#[test]
fn a_file_whose_parts_change_places_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = FileSnapshots::new(dir.path(), 0);
    let past = Past::of(60_000);
    let ledger = after(&past, 60_000);
    snapshots.write(&ledger).unwrap();
    let whole = fs::read(snapshots.path(60_000)).unwrap();
    let (mut frames, mut rest) = (Vec::new(), &whole[..]);
    while let Some((length, _)) = rest.split_first_chunk::<4>() {
        let (frame, later) = rest.split_at(4 + u32::from_le_bytes(*length) as usize);
        frames.push(frame);
        rest = later;
    }
    assert!(frames.len() > 8, "{}", frames.len());
    // Some neighbours are of one kind: what is in them fits, in either order.
    for n in 1..frames.len() {
        let mut moved = frames.clone();
        moved.swap(n - 1, n);
        fs::write(snapshots.path(60_000), moved.concat()).unwrap();
        let read = snapshots.read(60_000);
        assert!(matches!(read, Err(SnapshotError::Unusable(_))), "{n}: {:?}", read.err());
    }
}

#[test]
fn a_snapshot_of_another_version_is_passed_over_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = FileSnapshots::new(dir.path(), 0);
    let past = Past::of(BAD);
    snapshots.write(&after(&past, GOOD)).unwrap();
    snapshots.write(&after(&past, BAD)).unwrap();
    let path = snapshots.path(BAD as u64);
    // After the length and the magic word: the version of the format, and that of the state.
    for at in [12, 14] {
        let mut newer = fs::read(&path).unwrap();
        newer[at] += 1;
        fs::write(&path, &newer).unwrap();
        let said = snapshots.read(BAD as u64).unwrap_err().to_string();
        assert!(said.contains("its version is"), "{said}");
        only_the_good_one_is_read(&snapshots, &past, "version");
        newer[at] -= 1;
        fs::write(&path, newer).unwrap();
    }
}

#[test]
fn a_snapshot_under_the_name_of_another_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = FileSnapshots::new(dir.path(), 0);
    let past = Past::of(BAD);
    snapshots.write(&after(&past, GOOD)).unwrap();
    fs::copy(snapshots.path(GOOD as u64), snapshots.path(BAD as u64)).unwrap();
    only_the_good_one_is_read(&snapshots, &past, "renamed");
    fs::write(snapshots.path(BAD as u64), "no snapshot at all, but long enough").unwrap();
    only_the_good_one_is_read(&snapshots, &past, "foreign");
}

#[test]
fn what_a_crash_left_unfinished_is_no_snapshot_and_goes_with_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let snapshots = FileSnapshots::new(dir.path(), 0);
    let past = Past::of(BAD);
    snapshots.write(&after(&past, GOOD)).unwrap();
    let names = || -> Vec<String> {
        let files = fs::read_dir(dir.path()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let whole = fs::read(snapshots.path(GOOD as u64)).unwrap();
    // Just before it had its name, and in the middle; at a position that comes again, and at one
    // that does not.
    for (position, length) in [(BAD, whole.len()), (50, 100), (51, 0)] {
        let unfinished = dir.path().join(format!("snapshot-0-{position}.unfinished"));
        fs::write(unfinished, &whole[..length]).unwrap();
    }
    assert_eq!(snapshots.positions(), Ok(vec![GOOD as u64]));
    snapshots.write(&after(&past, BAD)).unwrap();
    assert_eq!(snapshots.positions(), Ok(vec![BAD as u64, GOOD as u64]));
    assert_eq!(names().len(), 2, "{:?}", names());
}

#[test]
fn a_full_disk_keeps_what_is_there_and_its_room() {
    let place = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(place.path()) else { return };
    let snapshots = FileSnapshots::new(place.path(), 0);
    let past = Past::of(30_000);
    snapshots.write(&after(&past, GOOD)).unwrap();
    assert_eq!(snapshots.write(&after(&past, 30_000)), Err(SnapshotError::Full));
    assert_eq!(snapshots.positions(), Ok(vec![GOOD as u64]));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "what was begun is gone");
    snapshots.write(&after(&past, BAD)).unwrap();
    assert!(snapshots.read(GOOD as u64).unwrap() == after(&past, GOOD));
}

/// Too small for thirty thousand entries.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    /// `None` where this machine does not let the test mount one; says so.
    fn mount(place: &Path) -> Option<SmallDisk<'_>> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"]).arg(place);
        let mounted = command.output().is_ok_and(|output| output.status.success());
        if !mounted {
            // Past the test harness; nobody reads it where there is no such thing.
            let _ = writeln!(std::io::stderr(), "skipped: no small disk can be mounted here");
        }
        mounted.then_some(SmallDisk(place))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // A temporary folder that cannot be removed is said by nobody else.
        match Command::new("umount").arg("--lazy").arg(self.0).status() {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let _ =
                    writeln!(std::io::stderr(), "{} is still mounted: {error}", self.0.display());
            }
        }
    }
}

#[test]
fn a_table_with_a_frame_changed_moved_or_missing_is_not_believed() {
    let server = Server::shared();
    let address = server.new_database();
    let snapshots = PostgresSnapshots::new(&address.parse().unwrap(), 0);
    let past = Past::of(BAD);
    snapshots.write(&after(&past, GOOD)).unwrap();
    let mut client = server.connect(address.rsplit('/').next().unwrap());
    let of_bad = format!("shard = 0 AND position = {BAD}");
    let count = format!("SELECT count(*) FROM bancada.snapshot WHERE {of_bad}");
    snapshots.write(&after(&past, BAD)).unwrap();
    let n_frames: i64 = client.query_one(&count, &[]).unwrap().get(0);
    let change = |set: &str, n: i64| {
        format!("UPDATE bancada.snapshot SET {set} WHERE {of_bad} AND number = {n}")
    };
    let mut damages = Vec::new();
    for n in 0..n_frames {
        damages.push(change("content = set_byte(content, 0, get_byte(content, 0) # 255)", n));
        let last = "octet_length(content) - 1";
        let last = format!("content = set_byte(content, {last}, get_byte(content, {last}) # 1)");
        damages.push(change(&last, n));
        damages.push(change("content = content || 'x'", n));
        damages.push(format!("DELETE FROM bancada.snapshot WHERE {of_bad} AND number = {n}"));
    }
    // Two of them change places.
    damages.push(format!(
        "{}; {}; {}",
        change("number = -1", 1),
        change("number = 1", 2),
        change("number = 2", -1)
    ));
    damages.push(change("content = ''", 1));
    damages.push(format!(
        "UPDATE bancada.snapshot AS bad SET content = good.content FROM bancada.snapshot AS good
         WHERE bad.position = {BAD} AND good.position = {GOOD} AND bad.number = good.number"
    ));
    for damage in damages {
        snapshots.write(&after(&past, BAD)).unwrap();
        assert!(snapshots.read(BAD as u64).unwrap() == after(&past, BAD));
        client.batch_execute(&damage).unwrap();
        only_the_good_one_is_read(&snapshots, &past, &damage);
    }
}
