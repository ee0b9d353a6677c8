//! What only a shared database has: other Banks, and an end of its own.

use std::time::{Duration, Instant};

use bancada_bank::ports::{
    DeliveryCursor as _, EventHistory as _, JournalError, JournalOpener as _, JournalStore,
};
use bancada_database::postgres::{DatabaseUrl, PostgresDelivery, PostgresJournal};

use bancada_kernel::ShardCount;

use crate::{entries, replay};
use bancada_testbed::postgresql::Server;

fn failed(result: Result<(), JournalError>, expected: &str) {
    match result.unwrap_err() {
        JournalError::Failed(said) => assert!(said.contains(expected), "{said}"),
        other => panic!("{other}"),
    }
}

#[test]
fn a_bank_whose_journal_was_taken_over_writes_nothing_more() {
    let server = Server::shared();
    let journal = PostgresJournal::new(&server.new_database().parse().unwrap(), 0);
    let all = entries(4);
    let mut first = journal.open().unwrap();
    first.replay(0, &mut |_| {}).unwrap();
    first.append(&all[..1]).unwrap();

    let mut second = journal.open().unwrap();
    let mut found = Vec::new();
    second.replay(0, &mut |entry| found.push(entry)).unwrap();
    assert_eq!(found, all[..1]);
    failed(first.append(&all[1..2]), "another bank has taken the journal over");
    second.append(&all[1..3]).unwrap();
    failed(first.append(&all[3..]), "another bank");
    // Another shard is another journal.
    assert_eq!(replay(&journal, 0).unwrap(), all[..3]);
    failed(second.append(&all[3..]), "another bank");
}

#[test]
fn a_database_that_ends_keeps_what_was_acknowledged() {
    let server = Server::start();
    let url: DatabaseUrl = server.new_database().parse().unwrap();
    let journal = PostgresJournal::new(&url, 0);
    let (delivery, history) = (PostgresDelivery::new(&url, 0), journal.history());
    assert_eq!(history.read(0, 100).unwrap().len(), 0);
    let all = entries(40);
    let mut store = journal.open().unwrap();
    store.replay(0, &mut |_| {}).unwrap();
    for batch in all[..30].chunks(3) {
        store.append(batch).unwrap();
    }
    delivery.save(7).unwrap();
    delivery.save(30).unwrap();
    server.kill();
    // Nothing can be known of it: the process has to end, and read what is there.
    assert!(matches!(store.append(&all[30..]), Err(JournalError::Failed(_))));
    assert!(!store.has_room());
    server.start_again();
    failed(store.append(&all[30..]), "connection to the database is lost");
    let mut found = Vec::new();
    store.replay(0, &mut |entry| found.push(entry)).unwrap();
    assert_eq!(found, all[..30]);
    store.append(&all[30..]).unwrap();
    assert_eq!(replay(&journal, 0).unwrap(), all);
    assert_eq!(delivery.load(), Ok(30));
    assert_eq!(history.read(0, 100).unwrap().len(), 40);
}

/// Ends the connections to a database, as a server does that is told to; how many there were.
fn cut(server: &Server, address: &str) -> usize {
    let cut = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
               WHERE application_name = 'bancada' AND datname = current_database()";
    let database = address.rsplit('/').next().unwrap();
    server.connect(database).query(cut, &[]).unwrap().len()
}

/// Waits until a store has noticed that its connection has ended.
fn notices(store: &mut dyn JournalStore) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !store.has_ended() {
        assert!(Instant::now() < deadline, "nobody notices");
        std::thread::yield_now();
    }
}

#[test]
fn a_connection_that_ends_while_it_stands_still_is_noticed_and_taken_back() {
    let server = Server::shared();
    let address = server.new_database();
    let journal = PostgresJournal::new(&address.parse().unwrap(), 0);
    let all = entries(4);
    let mut store = journal.open().unwrap();
    assert!(!store.has_ended(), "nobody asked it anything");
    store.replay(0, &mut |_| {}).unwrap();
    store.append(&all[..1]).unwrap();
    let rests_until = Instant::now() + Duration::from_millis(300);
    while Instant::now() < rests_until {
        assert!(!store.has_ended());
    }
    assert_eq!(cut(&server, &address), 1);
    notices(&mut *store);
    failed(store.append(&all[1..2]), "connection to the database is lost");
    assert_eq!(store.resume(), Ok(true));
    assert!(!store.has_ended());
    let mut found = Vec::new();
    store.replay(0, &mut |entry| found.push(entry)).unwrap();
    assert_eq!(found, all[..1]);
    store.append(&all[1..2]).unwrap();

    // One that was replaced meanwhile does not take it back.
    cut(&server, &address);
    notices(&mut *store);
    let mut second = journal.open().unwrap();
    second.replay(0, &mut |_| {}).unwrap();
    failed(store.resume().map(drop), "another bank has taken the journal over");
    failed(store.replay(0, &mut |_| {}), "another bank has taken the journal over");
    second.append(&all[2..]).unwrap();
    assert_eq!(replay(&journal, 0).unwrap(), all);
}

#[test]
fn a_server_that_ends_idle_sessions_does_not_end_ours() {
    let server = Server::start();
    let set = "ALTER SYSTEM SET idle_session_timeout = '100ms'; SELECT pg_reload_conf()";
    for command in set.split(';') {
        server.connect("postgres").batch_execute(command).unwrap();
    }
    let address = server.new_database();
    let journal = PostgresJournal::new(&address.parse().unwrap(), 0);
    let all = entries(2);
    let mut store = journal.open().unwrap();
    store.replay(0, &mut |_| {}).unwrap();
    store.append(&all[..1]).unwrap();
    // A session of somebody else that is younger is ended.
    let mut other = server.connect("postgres");
    let deadline = Instant::now() + Duration::from_secs(60);
    while other.is_valid(Duration::from_secs(60)).is_ok() {
        assert!(Instant::now() < deadline, "the server ends none");
        std::thread::park_timeout(Duration::from_millis(300));
    }
    store.append(&all[1..]).unwrap();
}

#[test]
fn a_database_belongs_to_one_vault_key_and_keeps_its_number_of_shards() {
    let server = Server::shared();
    let journal = PostgresJournal::new(&server.new_database().parse().unwrap(), 0);
    let [one, two] = [1, 2].map(|count| ShardCount::new(count).unwrap());
    journal.claim([1; 32], two).unwrap();
    journal.claim([1; 32], two).unwrap();
    failed(journal.claim([2; 32], two), "another vault key");
    failed(journal.claim([1; 32], one), "has 2 shards");
    journal.claim([1; 32], two).unwrap();
}

#[test]
fn a_database_of_a_newer_program_or_of_nobody_is_one_sentence() {
    let server = Server::shared();
    let address = server.new_database();
    let journal = PostgresJournal::new(&address.parse().unwrap(), 0);
    assert_eq!(replay(&journal, 0).unwrap(), []);
    let name = address.rsplit('/').next().unwrap();
    server.connect(name).batch_execute("UPDATE bancada.schema_version SET version = 99").unwrap();
    failed(replay(&journal, 0).map(drop), "run a newer Bancada");
    let nowhere = PostgresJournal::new(&"postgresql://me@127.0.0.1:1/x".parse().unwrap(), 0);
    failed(replay(&nowhere, 0).map(drop), "cannot be reached");
}
