//! Stores behind PgBouncer: as good as without it where it keeps sessions, and refused where it
//! gives them away.

use bancada_bank::ports::JournalOpener as _;
use bancada_checkout::ports::{OrderStoreOpener as _, StoreError};
use bancada_database::postgres::{
    DatabaseUrl, PostgresJournal, PostgresOrders, PostgresStatements, TransactionPooler,
};
use bancada_extrato::ports::StatementStoreOpener as _;
use bancada_kernel::ShardCount;
use postgres::SimpleQueryMessage;

use crate::an_event::{events, now};
use crate::database::{failed, insert};
use bancada_testbed::postgresql::Pooler;
use bancada_testbed::postgresql::Server;

const WORDS: &str = "a pooler in transaction mode";

#[test]
fn a_pooler_that_gives_sessions_away_is_refused_before_anything_is_done() {
    let server = Server::shared();
    let database = server.new_database();
    let pooler = Pooler::start(&database, "transaction");
    let url: DatabaseUrl = pooler.before(&database).parse().unwrap();
    for _ in 0..3 {
        assert_eq!(url.refuse_transaction_pooler(), Err(TransactionPooler));
    }
    let journal = PostgresJournal::new(&url, 0).claim([1; 32], ShardCount::ONE).unwrap_err();
    assert!(journal.to_string().contains(WORDS), "{journal}");
    let orders = PostgresOrders::new(&url).open().unwrap().unresolved();
    assert!(matches!(&orders, Err(StoreError::Failed(said)) if said.contains(WORDS)), "{orders:?}");
    let found = "SELECT FROM pg_namespace WHERE nspname = 'bancada'";
    let mut client = server.connect(database.rsplit('/').next().unwrap());
    assert!(client.query(found, &[]).unwrap().is_empty(), "nothing was made");
}

#[test]
fn a_pooler_that_keeps_sessions_is_as_good_as_none() {
    let server = Server::shared();
    let database = server.new_database();
    let pooler = Pooler::start(&database, "session");
    let url: DatabaseUrl = pooler.before(&database).parse().unwrap();
    for _ in 0..3 {
        assert_eq!(url.refuse_transaction_pooler(), Ok(()));
    }
    let mut orders = PostgresOrders::new(&url).open().unwrap();
    insert(&mut *orders, 1).unwrap();
    let mut second = PostgresOrders::new(&url).open().unwrap();
    failed(insert(&mut *second, 2), "another Bancada writes the orders");
    insert(&mut *orders, 2).unwrap();
    let mut statements = PostgresStatements::new(&url).open().unwrap();
    assert_eq!(statements.apply(&events(1, 3), now()).unwrap().n_applied, 3);
    let mut journal = PostgresJournal::new(&url, 0).open().unwrap();
    journal.replay(0, &mut |_| {}).unwrap();
}

#[test]
fn a_pooler_that_begins_to_give_sessions_away_stops_what_needs_them() {
    let server = Server::shared();
    let database = server.new_database();
    let pooler = Pooler::start(&database, "session");
    let address = pooler.before(&database);
    let mut orders = PostgresOrders::new(&address.parse().unwrap()).open().unwrap();
    insert(&mut *orders, 1).unwrap();
    pooler.set_mode("transaction");
    // It is given away after this one, which was begun where the lock is.
    insert(&mut *orders, 2).unwrap();
    let mut other = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    other.batch_execute("BEGIN").unwrap();
    failed(insert(&mut *orders, 3), WORDS);
    let found = other.simple_query("SELECT id FROM bancada.purchase").unwrap();
    let is_row = |message: &&SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(_));
    assert_eq!(found.iter().filter(is_row).count(), 2);
}
