//! What files that lie lead to: what is read is what was written, or said to be damaged.

use std::fs;
use std::path::{Path, PathBuf};

use bancada_checkout::order::{Order, OrderState};
use bancada_checkout::ports as shop;
use bancada_checkout::ports::{OrderStoreOpener as _, Write};
use bancada_database::orders::SqliteOrders;
use bancada_database::statement::SqliteStatements;
use bancada_extrato::ports::{
    SourcePosition, SourceRecord, StatementReader, StatementStoreOpener as _, StoreError,
    Undecodable,
};
use bancada_extrato::statement::{BillOutcome, BillPayment, Filter};
use bancada_kernel::{IdempotencyKey, Money};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tempfile::TempDir;

use crate::an_event::{events, now, token};
use crate::an_order::{charge, id, order};

/// Random single damages, drawn anew in every run.
const DAMAGES: u64 = 300;
const PAGE: usize = 4_096;

fn seed() -> u64 {
    let seed = std::env::var("BANCADA_DAMAGE_SEED").ok().and_then(|seed| seed.parse().ok());
    seed.unwrap_or_else(rand::random)
}

fn bill(n: u32) -> BillPayment {
    BillPayment {
        key: IdempotencyKey::parse(&format!("bill-{n}")).unwrap(),
        token: token(1),
        amount: Money::brl(500),
        asked_at: now(),
        outcome: BillOutcome::Pending,
        trace: None,
    }
}

/// A statement with something in each of its tables, closed.
fn statement(folder: &TempDir) -> SqliteStatements {
    let statements = SqliteStatements::new(&folder.path().join("statement.sqlite3"));
    let mut store = statements.open().unwrap();
    store.apply(&events(1, 60), now()).unwrap();
    for n in 0..40 {
        store.keep_bill(&bill(n)).unwrap();
    }
    let spoiled = |offset| SourceRecord {
        at: Some(SourcePosition { partition: 1, offset }),
        event: Err(Undecodable {
            card: Some(token(2)),
            raw: vec![0xFF; 200],
            why: "spoiled".to_owned(),
        }),
    };
    store.apply(&(1..40).map(spoiled).collect::<Vec<_>>(), now()).unwrap();
    statements
}

/// All that can be asked.
fn all(statements: &SqliteStatements) -> Result<Vec<String>, StoreError> {
    let reader = statements.reader().map_err(|it| StoreError::Damaged(it.to_string()))?;
    let mut store = statements.open()?;
    let filter = Filter { limit: 100, ..Filter::default() };
    Ok(vec![
        format!("{:?}", reader.cards(now(), None, 9)?),
        format!("{:?}", reader.lines(&token(1), &filter)?),
        format!("{:?}", reader.lines_after(&token(1), 30, 9)?),
        format!("{:?}", reader.bills(&token(1), 50)?),
        format!("{:?}", reader.dead_letters(0, 50)?),
        format!("{:?}", store.offsets()?),
        format!("{:?}", store.held()?),
        format!("{:?}", store.progress()?),
        format!("{:?}", store.open_bills()?),
    ])
}

/// Damages one place of a file; what was done.
fn spoil(random: &mut StdRng, file: &Path) -> String {
    let mut content = fs::read(file).unwrap();
    let n_pages = content.len() / PAGE;
    let at = random.random_range(0..content.len());
    let what = match random.random_range(0..4) {
        0 | 1 => {
            content[at] ^= 1 << random.random_range(0..8);
            format!("byte {at}")
        }
        2 => {
            let (a, b) = (random.random_range(0..n_pages), random.random_range(0..n_pages));
            (0..PAGE).for_each(|byte| content.swap(a * PAGE + byte, b * PAGE + byte));
            format!("pages {a} and {b}")
        }
        _ => {
            let start = at / 512 * 512;
            content[start..start + 512].fill(0);
            format!("sector at {start}")
        }
    };
    fs::write(file, content).unwrap();
    what
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

/// Gives each damage its own folder with a copy of a file.
fn damaged(from: &TempDir, name: &str, random: &mut StdRng) -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    fs::copy(file(from, name), file(&place, name)).unwrap();
    let what = spoil(random, &file(&place, name));
    (place, what)
}

#[test]
fn a_damaged_statement_is_found_so_or_is_right_and_keeps_bills_when_it_is_made_anew() {
    let (seed, folder) = (seed(), tempfile::tempdir().unwrap());
    let whole = all(&statement(&folder)).unwrap();
    let (mut n_found, mut n_bills) = (0, 0);
    for number in 0..DAMAGES {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let (place, what) = damaged(&folder, "statement.sqlite3", &mut random);
        let what = format!("BANCADA_DAMAGE_SEED={seed}, {number}: {what}");
        let statements = SqliteStatements::new(&file(&place, "statement.sqlite3"));
        match statements.examine(&mut || ()) {
            Ok(()) => assert_eq!(all(&statements).unwrap(), whole, "{what}"),
            Err(StoreError::Damaged(_)) => n_found += 1,
            Err(error) => panic!("{what}: {error}"),
        }
        // Made anew, whatever was wrong: no line, and of the bills only what is whole.
        let mut store = statements.open_anew().unwrap_or_else(|it| panic!("{what}: {it}"));
        assert_eq!(store.offsets().unwrap().0.len(), 0, "{what}");
        let bills = store.open_bills().unwrap();
        n_bills += bills.len();
        let asked: Vec<_> = (0..40).map(bill).collect();
        assert!(bills.iter().all(|bill| asked.contains(bill)), "{what}");
        assert_eq!(statements.examine(&mut || ()), Ok(()), "{what}");
    }
    assert!(n_found > DAMAGES as usize / 4, "{n_found} were found");
    assert!(n_bills > DAMAGES as usize * 20, "{n_bills} bills were taken over");
}

#[test]
fn rows_that_are_changed_gone_or_doubled_are_found() {
    let spoiled = [
        ("UPDATE line SET body = replace(body, 'Pão', 'Mão') WHERE position = 7", "line"),
        ("UPDATE fatura SET minor = minor + 1", "fatura"),
        ("UPDATE reached SET position = position + 1", "reached"),
        ("UPDATE source SET source_offset = 3", "source"),
        ("UPDATE held SET needed_sequence = 9", "held"),
        ("UPDATE card SET position = 3", "card"),
        ("UPDATE bill SET is_open = 0 WHERE id = 1", "bill"),
        ("UPDATE dead_letter SET why = 'x' WHERE id = 1", "dead_letter"),
    ];
    for (sql, table) in spoiled {
        let folder = tempfile::tempdir().unwrap();
        let statements = statement(&folder);
        let connection = rusqlite::Connection::open(file(&folder, "statement.sqlite3")).unwrap();
        assert!(connection.execute(sql, ()).unwrap() > 0, "{sql}");
        let found = statements.examine(&mut || ());
        assert!(
            matches!(&found, Err(StoreError::Damaged(why)) if why.contains(table)),
            "{sql}: {found:?}"
        );
        let read = all(&statements);
        // A bill that hides itself from those that are open is found by whoever asks for it.
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{sql}: {read:?}");
    }
    for sql in [
        "DROP TRIGGER line_removed; DELETE FROM line WHERE position = 7",
        "DROP TRIGGER held_removed; DELETE FROM held",
        // A copy of the whole table from before: each row is what was once written.
        "CREATE TABLE old AS SELECT * FROM bill WHERE id < 30; DROP TRIGGER bill_removed;
         DELETE FROM bill; DROP TRIGGER bill_added; INSERT INTO bill SELECT * FROM old",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let statements = statement(&folder);
        let connection = rusqlite::Connection::open(file(&folder, "statement.sqlite3")).unwrap();
        connection.execute_batch(sql).unwrap();
        let found = statements.examine(&mut || ());
        assert!(matches!(found, Err(StoreError::Damaged(_))), "{sql}: {found:?}");
    }
}

#[test]
fn a_reader_goes_on_with_the_file_that_was_put_in_the_others_place() {
    let folder = tempfile::tempdir().unwrap();
    let statements = statement(&folder);
    let reader = statements.reader().unwrap();
    assert!(reader.card(&token(1), now()).unwrap().is_some());
    let mut store = statements.open_anew().unwrap();
    assert_eq!(reader.card(&token(1), now()), Ok(None));
    store.apply(&events(1, 3), now()).unwrap();
    assert_eq!(reader.card(&token(1), now()).unwrap().unwrap().state.sequence, 3);
    assert_eq!(reader.dead_letters(0, 100).unwrap().len(), 39);
    let aside = |name: &String| name.starts_with("statement.damaged-");
    let names = fs::read_dir(folder.path()).unwrap();
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(aside).filter(|name| name.ends_with("sqlite3")).count(), 1);
}

/// Orders in every state, closed.
fn orders(folder: &TempDir) -> SqliteOrders {
    let orders = SqliteOrders::new(&file(folder, "orders.sqlite3"));
    orders.make().unwrap();
    let mut store = orders.open().unwrap();
    for n in 1..=60 {
        store.write(&[Write::Insert(order(n, OrderState::Paying))]).unwrap();
    }
    let paid = |n| Write::Update(order(n, OrderState::Paid(charge())));
    store.write(&(1..=30).map(paid).collect::<Vec<_>>()).unwrap();
    orders
}

fn every_order(orders: &SqliteOrders) -> Vec<Order> {
    let mut store = orders.open().unwrap();
    (1..=60).map(|n| store.get(id(n)).unwrap().unwrap()).collect()
}

#[test]
fn damaged_orders_are_found_so_or_are_right() {
    let (seed, folder) = (seed(), tempfile::tempdir().unwrap());
    let whole = every_order(&orders(&folder));
    let mut n_found = 0;
    for number in 0..DAMAGES {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let (place, what) = damaged(&folder, "orders.sqlite3", &mut random);
        let orders = SqliteOrders::new(&file(&place, "orders.sqlite3"));
        let what = format!("BANCADA_DAMAGE_SEED={seed}, {number}: {what}");
        match orders.make() {
            Ok(()) => assert_eq!(every_order(&orders), whole, "{what}"),
            Err(error) => {
                assert!(error.is_damage(), "{what}: {error}");
                n_found += 1;
            }
        }
    }
    assert!(n_found > DAMAGES as usize / 4, "{n_found} were found");
}

#[test]
fn older_orders_than_somebody_was_told_of_are_found() {
    let folder = tempfile::tempdir().unwrap();
    drop(orders(&folder).open().unwrap());
    let older = fs::read(file(&folder, "orders.sqlite3")).unwrap();
    let orders = SqliteOrders::new(&file(&folder, "orders.sqlite3"));
    orders.open().unwrap().write(&[Write::Insert(order(99, OrderState::Paying))]).unwrap();
    orders.make().unwrap();
    fs::write(file(&folder, "orders.sqlite3"), older).unwrap();
    let found = orders.make().unwrap_err();
    assert!(found.is_damage() && found.to_string().contains("62 orders and changes"), "{found}");
    // The mark alone is no reason to refuse: it may be lost, or older.
    fs::remove_file(file(&folder, "mark-0.bin")).unwrap();
    orders.make().unwrap();
}

#[test]
fn an_order_that_is_damaged_is_nobody_elses_fault() {
    let folder = tempfile::tempdir().unwrap();
    let orders = orders(&folder);
    let mut store = orders.open().unwrap();
    let connection = rusqlite::Connection::open(file(&folder, "orders.sqlite3")).unwrap();
    let sql = "UPDATE purchase SET placed_at_ms = placed_at_ms + 1 WHERE number = 40";
    assert_eq!(connection.execute(sql, ()).unwrap(), 1);
    let damaged = |error: shop::StoreError| matches!(error, shop::StoreError::Damaged(_));
    assert!(damaged(store.get(id(40)).unwrap_err()));
    assert!(damaged(store.list(None, 50).unwrap_err()));
    for write in [Write::Insert, Write::Update] {
        let again = write(order(40, OrderState::Unknown));
        assert!(damaged(store.write(&[again]).unwrap_err()));
    }
    // A change of other columns does not vouch for it.
    assert!(damaged(store.get(id(40)).unwrap_err()));
    assert_eq!(store.get(id(41)), Ok(Some(order(41, OrderState::Paying))));
    store.write(&[Write::Update(order(41, OrderState::Unknown))]).unwrap();
}
