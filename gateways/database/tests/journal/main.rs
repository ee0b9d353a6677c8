//! The journal on a real file: what is appended is there again, and damage is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use bancada_bank::ledger::{Entry, IssueCard, Ledger, Stamp};
use bancada_bank::ports::{
    DeliveryCursor as _, EventHistory as _, JournalError, JournalOpener as _, JournalStore,
};
use bancada_database::journal::SqliteJournal;
use bancada_kernel::{Brand, CardToken, Currency, EventId, Expiry, Money, PaymentId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

/// Entries at the positions from 1 on.
fn entries(n: u64) -> Vec<Entry> {
    let mut ledger = Ledger::new(Currency::BRL);
    (1..=n)
        .map(|position| {
            let command = IssueCard {
                token: CardToken::parse(&format!("card_{position}")).unwrap(),
                masked_number: "************1000".to_owned(),
                brand: Brand::Visa,
                holder: "Ana Teste".to_owned(),
                expiry: Expiry::new(2035, 12).unwrap(),
                limit: Money::brl(1_000),
                closing_day: 5,
                due_day: 15,
                always_declines: None,
            };
            let stamp = Stamp {
                event_id: EventId::new(Uuid::from_u128(u128::from(position))),
                payment_id: PaymentId::new(Uuid::from_u128(u128::from(position))),
                now: Timestamp(1_795_000_000_000),
                trace: None,
            };
            let entry = command.decide(&ledger, stamp).unwrap();
            ledger.apply(&entry);
            entry
        })
        .collect()
}

fn append(store: &mut dyn JournalStore, entries: &[Entry], batches: &[usize]) {
    let mut rest = entries;
    for size in batches.iter().copied().chain([usize::MAX]) {
        let (batch, later) = rest.split_at(size.min(rest.len()));
        store.append(batch).unwrap();
        rest = later;
    }
}

fn replay(path: &Path, after: u64) -> Result<Vec<Entry>, JournalError> {
    let mut found = Vec::new();
    SqliteJournal::new(path, 0, None).open()?.replay(after, &mut |entry| found.push(entry))?;
    Ok(found)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_the_batches_the_entries_come_back_in_order(
        batches in proptest::collection::vec(1_usize..7, 0..8),
        after in 0_u64..24,
        limit in 1_usize..9,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.sqlite3");
        let all = entries(20);
        let journal = SqliteJournal::new(&path, 0, None);
        append(&mut *journal.open().unwrap(), &all, &batches);
        let expected: Vec<_> =
            all.into_iter().filter(|entry| entry.event.position > after).collect();
        prop_assert_eq!(&replay(&path, after).unwrap(), &expected);
        let history = journal.history().unwrap().read(after, limit).unwrap();
        let events: Vec<_> = expected.into_iter().map(|entry| entry.event).take(limit).collect();
        prop_assert_eq!(history, events);
    }
}

#[test]
fn damage_is_found_wherever_it_is() {
    let damages = [
        "UPDATE record SET record = substr(record, 1, length(record) - 1) WHERE id = 8",
        "UPDATE record SET record = x'0100000000' WHERE id = 1",
        "UPDATE record SET record = CAST(x'02' || substr(record, 2) AS BLOB) WHERE id = 8",
        "UPDATE record SET record = x'01' WHERE id = 4",
        "DELETE FROM record WHERE id = 4",
        "UPDATE record SET id = 5 WHERE id = 4",
    ];
    for damage in damages {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.sqlite3");
        append(&mut *SqliteJournal::new(&path, 0, None).open().unwrap(), &entries(9), &[3, 4, 2]);
        assert_eq!(replay(&path, 0).unwrap().len(), 9);
        let changed = rusqlite::Connection::open(&path).unwrap().execute(damage, ()).unwrap();
        assert_eq!(changed, 1, "{damage}");
        let error = replay(&path, 0).unwrap_err();
        assert!(matches!(&error, JournalError::Failed(_)), "{damage}: {error}");
    }
}

#[test]
fn a_full_journal_takes_nothing_and_later_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite3");
    let all = entries(4_000);
    let small = SqliteJournal::new(&path, 0, Some(400 * 1024));
    let mut store = small.open().unwrap();
    let n_written = all.chunks(50).take_while(|batch| store.append(batch).is_ok()).count() * 50;
    assert!((50..4_000).contains(&n_written), "{n_written}");
    let next = &all[n_written..n_written + 50];
    assert_eq!(store.append(next), Err(JournalError::Full));
    assert!(!store.has_room());
    assert_eq!(replay(&path, 0).unwrap().len(), n_written, "nothing of the refused is there");
    drop(store);
    let mut store = SqliteJournal::new(&path, 0, None).open().unwrap();
    assert!(store.has_room());
    store.append(next).unwrap();
    assert_eq!(replay(&path, 0).unwrap(), all[..n_written + 50]);
}

#[test]
fn shards_do_not_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite3");
    append(&mut *SqliteJournal::new(&path, 0, None).open().unwrap(), &entries(5), &[2]);
    let other = SqliteJournal::new(&path, 1, None);
    assert_eq!(other.history().unwrap().read(0, 10).unwrap(), []);
    append(&mut *other.open().unwrap(), &entries(3), &[]);
    assert_eq!(other.history().unwrap().read(0, 10).unwrap().len(), 3);
    assert_eq!(replay(&path, 0).unwrap().len(), 5);
}

#[test]
fn a_position_is_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite3");
    let mut store = SqliteJournal::new(&path, 0, None).open().unwrap();
    store.append(&entries(2)).unwrap();
    assert!(matches!(store.append(&entries(2)), Err(JournalError::Failed(_))));
}

#[test]
fn a_delivery_is_remembered_per_shard() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.sqlite3");
    let journal = SqliteJournal::new(&path, 0, None);
    let delivery = journal.delivery().unwrap();
    assert_eq!(delivery.load(), Ok(0));
    delivery.save(7).unwrap();
    delivery.save(9).unwrap();
    assert_eq!(journal.delivery().unwrap().load(), Ok(9));
    assert_eq!(SqliteJournal::new(&path, 1, None).delivery().unwrap().load(), Ok(0));
}
