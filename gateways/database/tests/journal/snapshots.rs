//! What snapshots do, wherever they are kept: each equals a replay, and none is believed that is
//! not whole.

use std::sync::Arc;

use bancada_bank::ledger::{Ledger, check};
use bancada_bank::ports::{EventHistory, JournalOpener, SnapshotError, SnapshotStore};
use bancada_database::journal::SqliteJournal;
use bancada_database::postgres::{PostgresJournal, PostgresSnapshots};
use bancada_database::snapshot::FileSnapshots;
use bancada_kernel::Currency;

use crate::past::Past;
use crate::{append, replay};
use bancada_testbed::postgresql::Server;

/// A journal that does not exist yet, by its shard, and its snapshots.
struct Stores {
    journal: Arc<dyn JournalOpener>,
    history: Arc<dyn EventHistory>,
    snapshots: Arc<dyn SnapshotStore>,
}

type AnyStores<'a> = &'a dyn Fn(u16) -> Stores;

macro_rules! contract {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() {
                super::on_files(super::$name);
            })*
        }
        mod postgresql {
            $(#[test] fn $name() {
                super::on_postgresql(super::$name);
            })*
        }
    };
}

contract! {
    a_snapshot_and_the_tail_are_the_whole_journal
    the_newest_and_one_before_it_are_kept
    what_seems_newer_than_the_newest_goes
    shards_have_their_own
    a_snapshot_is_made_again_at_its_position
    a_snapshot_that_is_made_while_payments_flow_is_of_one_moment
}

fn on_files(test: impl Fn(AnyStores<'_>)) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite3");
    test(&|shard| {
        let journal = SqliteJournal::new(&path, shard, None);
        let history = Arc::new(journal.history().unwrap());
        let snapshots = Arc::new(FileSnapshots::new(dir.path(), shard));
        Stores { journal: Arc::new(journal), history, snapshots }
    });
}

fn on_postgresql(test: impl Fn(AnyStores<'_>)) {
    let server = Server::shared();
    let url = server.new_database().parse().unwrap();
    test(&|shard| {
        let journal = PostgresJournal::new(&url, shard);
        let history = Arc::new(journal.history());
        let snapshots = Arc::new(PostgresSnapshots::new(&url, shard));
        Stores { journal: Arc::new(journal), history, snapshots }
    });
}

/// What the first entries lead to.
pub(crate) fn after(past: &Past, n_entries: usize) -> Ledger {
    let mut ledger = Ledger::new(Currency::BRL);
    past.entries[..n_entries].iter().for_each(|entry| ledger.apply(entry));
    ledger
}

fn a_snapshot_and_the_tail_are_the_whole_journal(stores: AnyStores<'_>) {
    // More payments than one part has.
    let past = Past::of(20_000);
    let Stores { journal, snapshots, .. } = stores(0);
    append(&*journal, &past.entries, &[700; 10]);
    for n_entries in [1, 5, 11, 9_999, past.entries.len()] {
        snapshots.write(&after(&past, n_entries)).unwrap();
        let mut ledger = snapshots.read(n_entries as u64).unwrap();
        assert!(ledger == after(&past, n_entries), "at {n_entries}");
        for entry in replay(&*journal, n_entries as u64).unwrap() {
            ledger.apply(&entry);
        }
        assert_eq!(ledger.state_hash(), past.ledger.state_hash());
        assert_eq!(check(&ledger, &past.entries), []);
        assert!(ledger == past.ledger);
    }
}

fn the_newest_and_one_before_it_are_kept(stores: AnyStores<'_>) {
    let past = Past::of(60);
    let Stores { snapshots, .. } = stores(0);
    assert_eq!(snapshots.positions(), Ok(vec![]));
    assert!(matches!(
        snapshots.read(7),
        Err(SnapshotError::Failed(_) | SnapshotError::Unusable(_))
    ));
    let mut expected = Vec::new();
    for n_entries in [9, 20, 33, 60] {
        snapshots.write(&after(&past, n_entries)).unwrap();
        expected.insert(0, n_entries as u64);
        expected.truncate(2);
        assert_eq!(snapshots.positions().as_ref(), Ok(&expected));
    }
    assert!(snapshots.read(33).unwrap() == after(&past, 33));
}

fn what_seems_newer_than_the_newest_goes(stores: AnyStores<'_>) {
    let past = Past::of(60);
    let Stores { snapshots, .. } = stores(0);
    for n_entries in [20, 60, 40] {
        snapshots.write(&after(&past, n_entries)).unwrap();
    }
    assert_eq!(snapshots.positions(), Ok(vec![40, 20]));
}

fn shards_have_their_own(stores: AnyStores<'_>) {
    let past = Past::of(60);
    let (first, second) = (stores(1), stores(11));
    first.snapshots.write(&after(&past, 30)).unwrap();
    assert_eq!(second.snapshots.positions(), Ok(vec![]));
    for n_entries in [10, 20, 40] {
        second.snapshots.write(&after(&past, n_entries)).unwrap();
    }
    assert_eq!(first.snapshots.positions(), Ok(vec![30]));
    assert!(first.snapshots.read(30).unwrap() == after(&past, 30));
}

fn a_snapshot_is_made_again_at_its_position(stores: AnyStores<'_>) {
    let (past, longer) = (Past::of(60), Past::of(20_000));
    let Stores { snapshots, .. } = stores(0);
    let again = after(&longer, 15_000);
    for _ in 0..2 {
        snapshots.write(&again).unwrap();
        snapshots.write(&after(&past, 40)).unwrap();
        snapshots.write(&again).unwrap();
        assert!(snapshots.read(15_000).unwrap() == again);
    }
    assert_eq!(snapshots.positions(), Ok(vec![15_000, 40]));
}

fn a_snapshot_that_is_made_while_payments_flow_is_of_one_moment(stores: AnyStores<'_>) {
    let past = Past::of(3_000);
    let Stores { journal, history, snapshots } = stores(0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| append(&*journal, &past.entries, &[7; 500]));
        let mut ledger = Ledger::new(Currency::BRL);
        let mut n_made = 0;
        while ledger.position() < past.entries.len() as u64 {
            let is_over = writer.is_finished();
            let page = history.entries(ledger.position(), 400).unwrap();
            page.iter().for_each(|entry| ledger.apply(entry));
            if page.is_empty() {
                assert!(!is_over, "the journal ends at {}", ledger.position());
                std::thread::yield_now();
                continue;
            }
            snapshots.write(&ledger).unwrap();
            n_made += 1;
            let position = usize::try_from(ledger.position()).unwrap();
            let made = snapshots.read(ledger.position()).unwrap();
            assert_eq!(made.state_hash(), after(&past, position).state_hash());
        }
        assert!(n_made > 1, "{n_made}");
    });
}
