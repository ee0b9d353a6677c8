//! The journal on a real file: what is appended is there again, and damage is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod crash_points;
mod fault_disk;
mod past;
mod snapshot_damage;
mod snapshots;
mod takeover;

use std::path::Path;

use bancada_bank::ledger::{Entry, IssueCard, Ledger, RunTime, Stamp};
use bancada_bank::ports::{JournalError, JournalOpener};
use bancada_database::journal::SqliteJournal;
use bancada_kernel::{Brand, CardToken, Currency, EventId, Expiry, Money, PaymentId, Timestamp};
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
                ran: RunTime::default(),
                trace: None,
            };
            let entry = command.decide(&ledger, stamp).unwrap();
            ledger.apply(&entry);
            entry
        })
        .collect()
}

/// Appends to a journal in batches of these sizes, and then the rest.
fn append(journal: &dyn JournalOpener, entries: &[Entry], batches: &[usize]) {
    let mut store = journal.open().unwrap();
    store.replay(0, &mut |_| {}).unwrap();
    let mut rest = entries;
    for size in batches.iter().copied().chain([usize::MAX]) {
        let (batch, later) = rest.split_at(size.min(rest.len()));
        store.append(batch).unwrap();
        rest = later;
    }
}

fn replay(journal: &dyn JournalOpener, after: u64) -> Result<Vec<Entry>, JournalError> {
    let mut found = Vec::new();
    journal.open()?.replay(after, &mut |entry| found.push(entry))?;
    Ok(found)
}

fn sqlite(path: &Path) -> SqliteJournal {
    SqliteJournal::new(path, 0, None)
}

#[test]
fn damage_is_found_wherever_it_is() {
    let damages = [
        "UPDATE record SET record = substr(record, 1, length(record) - 1) WHERE id = 8",
        "UPDATE record SET record = x'0100000000' WHERE id = 1",
        "UPDATE record SET record = CAST(x'ff' || substr(record, 2) AS BLOB) WHERE id = 8",
        "UPDATE record SET record = x'01' WHERE id = 4",
        "DELETE FROM record WHERE id = 1",
        "DELETE FROM record WHERE id = 4",
        "UPDATE record SET id = 5 WHERE id = 4",
    ];
    for damage in damages {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.sqlite3");
        append(&sqlite(&path), &entries(9), &[3, 4, 2]);
        assert_eq!(replay(&sqlite(&path), 0).unwrap().len(), 9);
        let changed = rusqlite::Connection::open(&path).unwrap().execute(damage, ()).unwrap();
        assert_eq!(changed, 1, "{damage}");
        let error = replay(&sqlite(&path), 0).unwrap_err();
        assert!(matches!(&error, JournalError::Damaged(_)), "{damage}: {error}");
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
    assert_eq!(
        replay(&sqlite(&path), 0).unwrap().len(),
        n_written,
        "nothing of the refused is there"
    );
    drop(store);
    let mut store = SqliteJournal::new(&path, 0, None).open().unwrap();
    assert!(store.has_room());
    store.append(next).unwrap();
    assert_eq!(replay(&sqlite(&path), 0).unwrap(), all[..n_written + 50]);
}
