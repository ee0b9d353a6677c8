//! What only a file has: an end of its room, a version of its own, and a transaction that a test
//! holds open. What every store does is in `tests/stores/statements.rs`.

use bancada_extrato::ports::StatementReader;
use bancada_extrato::statement::Filter;
use tempfile::TempDir;

use super::*;
use an_event::{event, events, now, record, token};

#[path = "../../tests/stores/an_event.rs"]
#[allow(dead_code, reason = "the contract uses the rest")]
mod an_event;

struct Bench {
    dir: TempDir,
    store: Store,
    reader: SqliteStatementReader,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let statements = SqliteStatements::new(&dir.path().join("statements.sqlite3"));
        let store = statements.connect().unwrap();
        let reader = statements.reader().unwrap();
        Bench { dir, store, reader }
    }

    fn apply(&mut self, records: &[SourceRecord]) -> Applied {
        self.store.apply(records, now()).unwrap()
    }

    /// The positions of the first card's lines.
    fn lines(&self) -> Vec<u64> {
        let lines = self.reader.lines(&token(1), &Filter { limit: 50, ..Filter::default() });
        lines.unwrap().into_iter().map(|line| line.position).collect()
    }
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let mut bench = Bench::new();
    bench.apply(&events(1, 2));
    let before = bench.store.offsets();
    let page_count =
        bench.store.connection.pragma_query_value(None, "page_count", |row| row.get(0));
    let limit = |bench: &Bench, pages: i64| {
        let connection = &bench.store.connection;
        let set = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        connection.pragma_update_and_check(None, "max_page_count", pages, set).unwrap();
    };
    limit(&bench, page_count.unwrap());
    assert_eq!(bench.store.apply(&events(1, 500), now()), Err(StoreError::Full));
    assert_eq!(bench.store.offsets(), before);
    assert_eq!(bench.lines(), [2]);
    limit(&bench, 1_000_000);
    assert_eq!(bench.apply(&events(1, 500)).n_applied, 498);
}

#[test]
fn a_reader_does_not_see_what_is_being_written() {
    let mut bench = Bench::new();
    for card in 1..=3 {
        bench.apply(&[record(event(card, 1, u64::from(card), ""))]);
    }
    let mut other = event(4, 1, 4, "");
    let after = other.card.as_mut().and_then(|card| card.after.as_mut()).unwrap();
    after.holder = "Aba Teste".to_owned();
    let transaction = bench.store.connection.transaction().unwrap();
    let mut rows = OpenTransaction(transaction);
    fold(&mut rows, &[record(other)], now()).unwrap();
    let listed = |reader: &SqliteStatementReader| -> Vec<_> {
        reader.cards(now(), None, 9).unwrap().into_iter().map(|card| card.state.token).collect()
    };
    assert_eq!(listed(&bench.reader), [3, 2, 1].map(token));
    rows.0.commit().unwrap();
    assert_eq!(listed(&bench.reader), [4, 3, 2, 1].map(token));
}

#[test]
fn what_is_not_a_store_of_this_program_is_refused() {
    let bench = Bench::new();
    let newer = "UPDATE row_total SET checksum = 99 WHERE name = 'schema'";
    bench.store.connection.execute(newer, ()).unwrap();
    bench.store.connection.pragma_update(None, "user_version", 99).unwrap();
    let path = bench.dir.path().join("statements.sqlite3");
    let refused = SqliteStatements::new(&path).open().err().unwrap().to_string();
    assert!(refused.contains("schema version 99") && refused.contains("newer"), "{refused}");
}
