//! What only a server has: connections that end, an end of its own, and others who write.

use std::sync::Arc;

use bancada_checkout::order::OrderState;
use bancada_checkout::ports::{OrderStore, OrderStoreOpener as _, StoreError, Write, Written};
use bancada_database::postgres::PostgresOrders;

use crate::an_event::{event, events, now, record, token};
use crate::an_order::{id, order};
use crate::place::Place;
use bancada_testbed::postgresql::Server;

/// Ends the stores' connections, as a server does that is told to; how many there were.
fn cut(place: &Place) -> usize {
    let cut = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
               WHERE application_name = 'bancada' AND datname = current_database()";
    place.client().query(cut, &[]).unwrap().len()
}

pub(crate) fn failed<T: std::fmt::Debug>(result: Result<T, StoreError>, expected: &str) {
    match result.unwrap_err() {
        StoreError::Failed(said) => assert!(said.contains(expected), "{said}"),
        other => panic!("{other}"),
    }
}

pub(crate) fn insert(store: &mut dyn OrderStore, n: u128) -> Result<Vec<Written>, StoreError> {
    store.write(&[Write::Insert(order(n, OrderState::Paying))])
}

#[test]
fn a_connection_that_ended_while_it_stood_still_is_made_again() {
    let place = Place::database();
    let mut store = place.orders().open().unwrap();
    insert(&mut *store, 1).unwrap();
    assert_eq!(cut(&place), 1);
    insert(&mut *store, 2).unwrap();
    assert_eq!(cut(&place), 1);
    assert_eq!(store.unresolved().unwrap().len(), 2);
}

#[test]
fn a_server_that_ends_keeps_what_was_acknowledged() {
    let server = Arc::new(Server::start());
    let place = Place::database_on(&server);
    let mut store = place.orders().open().unwrap();
    for n in 1..=20 {
        insert(&mut *store, n).unwrap();
    }
    server.kill();
    failed(insert(&mut *store, 21), "");
    server.start_again();
    let mut store = place.orders().open().unwrap();
    assert_eq!(store.unresolved().unwrap().len(), 20);
    insert(&mut *store, 21).unwrap();
    assert_eq!(store.get(id(21)).unwrap(), Some(order(21, OrderState::Paying)));
}

#[test]
fn one_shop_writes_at_a_time() {
    let place = Place::database();
    let mut first = place.orders().open().unwrap();
    insert(&mut *first, 1).unwrap();
    let mut second = place.orders().open().unwrap();
    failed(insert(&mut *second, 2), "another Bancada writes the orders");
    insert(&mut *first, 3).unwrap();
    drop(first);
    insert(&mut *second, 2).unwrap();
    assert_eq!(second.unresolved().unwrap().len(), 3);
}

#[test]
fn a_database_of_a_newer_program_or_of_nobody_is_one_sentence() {
    let place = Place::database();
    let mut store = place.orders().open().unwrap();
    insert(&mut *store, 1).unwrap();
    drop(store);
    place.client().batch_execute("UPDATE bancada.schema_version SET version = 99").unwrap();
    failed(place.orders().open().unwrap().get(id(1)), "run a newer Bancada");
    let nowhere = PostgresOrders::new(&"postgresql://me@127.0.0.1:1/x".parse().unwrap());
    failed(nowhere.open().unwrap().unresolved(), "cannot be reached");
}

#[test]
fn statements_go_on_with_connections_that_are_made_again() {
    let place = Place::database();
    let (opener, reader) = place.statements();
    let mut store = opener.open().unwrap();
    store.apply(&events(1, 3), now()).unwrap();
    assert_eq!(reader.cards(now(), None, 9).unwrap().len(), 1);
    assert_eq!(cut(&place), 2, "one writes, and one reader needs one");
    assert_eq!(store.apply(&events(1, 5), now()).unwrap().n_applied, 2);
    let card = reader.card(&token(1), now()).unwrap().unwrap();
    assert_eq!(card.state.sequence, 5);
    let other = opener.open().unwrap().progress().unwrap_err();
    assert!(other.to_string().contains("another Bancada writes the statements"), "{other}");
}

#[test]
fn a_reader_does_not_wait_for_what_is_being_written() {
    let place = Place::database();
    let (opener, reader) = place.statements();
    let mut store = opener.open().unwrap();
    store.apply(&[record(event(1, 1, 1, ""))], now()).unwrap();
    let mut client = place.client();
    let mut writing = client.transaction().unwrap();
    writing.batch_execute("DELETE FROM bancada.statement_card").unwrap();
    assert_eq!(reader.cards(now(), None, 9).unwrap().len(), 1);
    writing.commit().unwrap();
    assert_eq!(reader.cards(now(), None, 9).unwrap().len(), 0);
}

#[test]
fn what_fails_in_the_middle_of_a_batch_of_orders_leaves_nothing_behind() {
    let place = Place::database();
    let mut store = place.orders().open().unwrap();
    insert(&mut *store, 1).unwrap();
    let refuse = "ALTER TABLE bancada.purchase ADD CONSTRAINT no CHECK (state <> 'unknown')";
    place.client().batch_execute(refuse).unwrap();
    let batch =
        [Write::Insert(order(2, OrderState::Paying)), Write::Update(order(1, OrderState::Unknown))];
    failed(store.write(&batch), "violates check constraint");
    assert_eq!(store.get(id(2)), Ok(None));
    place.client().batch_execute("ALTER TABLE bancada.purchase DROP CONSTRAINT no").unwrap();
    assert_eq!(store.write(&batch), Ok(vec![Written::Done, Written::Done]));
}

#[test]
fn what_fails_in_the_middle_of_a_batch_of_events_leaves_nothing_behind() {
    let place = Place::database();
    let (opener, reader) = place.statements();
    let mut store = opener.open().unwrap();
    store.apply(&events(1, 3), now()).unwrap();
    let refuse = "ALTER TABLE bancada.statement_source ADD CONSTRAINT no CHECK (source_offset < 5)";
    place.client().batch_execute(refuse).unwrap();
    let error = store.apply(&events(1, 6), now()).unwrap_err();
    assert!(error.to_string().contains("violates check constraint"), "{error}");
    assert_eq!(reader.card(&token(1), now()).unwrap().unwrap().state.sequence, 3);
    assert_eq!(reader.lines_after(&token(1), 3, 9), Ok(vec![]));
    place
        .client()
        .batch_execute("ALTER TABLE bancada.statement_source DROP CONSTRAINT no")
        .unwrap();
    assert_eq!(store.apply(&events(1, 6), now()).unwrap().n_applied, 3);
}
