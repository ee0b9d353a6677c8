//! What every journal does, wherever it is kept.

use std::sync::Arc;

use bancada_bank::ports::{EventHistory, JournalError, JournalOpener};
use bancada_database::journal::SqliteJournal;
use bancada_database::postgres::PostgresJournal;
use bancada_fault_disk::{FaultDisk, FaultJournal};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::{append, entries, replay};
use bancada_testbed::postgresql::Server;

/// A journal that does not exist yet, by its shard.
type Journals<'a> = &'a dyn Fn(u16) -> (Arc<dyn JournalOpener>, Arc<dyn EventHistory>);

macro_rules! contract {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() {
                super::on_sqlite(super::$name);
            })*
        }
        mod fault_disk {
            $(#[test] fn $name() {
                super::on_fault_disk(super::$name);
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
    whatever_the_batches_the_entries_come_back_in_order
    shards_do_not_see_each_other
    a_position_is_written_once
    a_journal_longer_than_a_page_is_read_whole
    there_is_room_where_there_is_room
}

fn on_sqlite(test: impl Fn(Journals<'_>)) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite3");
    test(&|shard| {
        let journal = SqliteJournal::new(&path, shard, None);
        (Arc::new(journal.clone()), Arc::new(journal.history().unwrap()))
    });
}

fn on_fault_disk(test: impl Fn(Journals<'_>)) {
    // Shards have disks of their own.
    test(&|_| {
        let journal = FaultJournal::new(&FaultDisk::new());
        (Arc::new(journal.clone()), Arc::new(journal.history()))
    });
}

fn on_postgresql(test: impl Fn(Journals<'_>)) {
    let server = Server::shared();
    let url = server.new_database().parse().unwrap();
    test(&|shard| {
        let journal = PostgresJournal::new(&url, shard);
        let history = Arc::new(journal.history());
        (Arc::new(journal), history)
    });
}

fn whatever_the_batches_the_entries_come_back_in_order(journals: Journals<'_>) {
    let case = (proptest::collection::vec(1_usize..7, 0..8), 0_u64..24, 1_usize..9);
    // Each case has a shard of its own.
    let shard = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config::with_cases(24));
    let result = runner.run(&case, |(batches, after, limit)| {
        shard.set(shard.get() + 1);
        let (journal, history) = journals(shard.get());
        let all = entries(20);
        append(&*journal, &all, &batches);
        let expected: Vec<_> =
            all.into_iter().filter(|entry| entry.event.position > after).collect();
        prop_assert_eq!(&replay(&*journal, after).unwrap(), &expected);
        let events: Vec<_> = expected.into_iter().map(|entry| entry.event).take(limit).collect();
        prop_assert_eq!(history.read(after, limit).unwrap(), events);
        Ok(())
    });
    result.unwrap();
}

fn shards_do_not_see_each_other(journals: Journals<'_>) {
    let ((first, _), (second, history)) = (journals(0), journals(1));
    append(&*first, &entries(5), &[2]);
    assert_eq!(history.read(0, 10).unwrap(), []);
    append(&*second, &entries(3), &[]);
    assert_eq!(history.read(0, 10).unwrap().len(), 3);
    assert_eq!(replay(&*first, 0).unwrap().len(), 5);
}

fn a_position_is_written_once(journals: Journals<'_>) {
    let (journal, _) = journals(0);
    let mut store = journal.open().unwrap();
    store.replay(0, &mut |_| {}).unwrap();
    store.append(&entries(2)).unwrap();
    assert!(matches!(store.append(&entries(2)), Err(JournalError::Failed(_))));
}

fn a_journal_longer_than_a_page_is_read_whole(journals: Journals<'_>) {
    let (journal, history) = journals(0);
    let all = entries(300);
    append(&*journal, &all, &[1; 200]);
    assert_eq!(replay(&*journal, 0).unwrap(), all);
    assert_eq!(replay(&*journal, 150).unwrap(), all[150..]);
    assert_eq!(replay(&*journal, 300).unwrap(), []);
    assert_eq!(history.read(0, 1_000).unwrap().len(), 300);
    assert_eq!(history.read(250, 1_000).unwrap().len(), 50);
}

fn there_is_room_where_there_is_room(journals: Journals<'_>) {
    let (journal, _) = journals(0);
    let mut store = journal.open().unwrap();
    store.replay(0, &mut |_| {}).unwrap();
    assert!(store.has_room());
    store.append(&entries(1)).unwrap();
    assert_eq!(replay(&*journal, 0).unwrap(), entries(1));
}
