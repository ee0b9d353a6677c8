//! What only a file has: an end of its room, and a version of its own. What every store does is in
//! `tests/stores/orders.rs`.

use bancada_checkout::order::OrderState;
use tempfile::TempDir;

use super::*;
use an_order::{id, order};

#[path = "../../tests/stores/an_order.rs"]
#[allow(dead_code, reason = "the contract uses the rest")]
mod an_order;

struct Bench {
    dir: TempDir,
    store: Store,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteOrders::new(&dir.path().join("orders.sqlite3")).connect().unwrap();
        Bench { dir, store }
    }
}

#[test]
fn a_full_disk_is_told_and_nothing_is_written_until_there_is_room() {
    let mut bench = Bench::new();
    let limit = |bench: &Bench, pages: i64| {
        let pragma =
            bench
                .store
                .connection
                .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0));
        pragma.unwrap()
    };
    let pages = bench.store.connection.pragma_query_value(None, "page_count", |row| row.get(0));
    limit(&bench, pages.unwrap());
    let batch: Vec<_> = (1..=100).map(|n| Write::Insert(order(n, OrderState::Paying))).collect();
    assert_eq!(bench.store.write(&batch), Err(StoreError::Full));
    assert_eq!(bench.store.get(id(1)), Ok(None));
    limit(&bench, 1_000_000);
    assert_eq!(bench.store.write(&batch).unwrap().len(), 100);
}

#[test]
fn what_is_not_a_store_of_this_program_is_refused() {
    let bench = Bench::new();
    let newer = "UPDATE row_total SET checksum = 99 WHERE name = 'schema'";
    bench.store.connection.execute(newer, ()).unwrap();
    bench.store.connection.pragma_update(None, "user_version", 99).unwrap();
    let path = bench.dir.path().join("orders.sqlite3");
    let refused = SqliteOrders::new(&path).open().err().unwrap().to_string();
    assert!(refused.contains("schema version 99") && refused.contains("newer"), "{refused}");
}
