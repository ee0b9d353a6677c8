//! No card number and no security code is on a server that Bancada writes to: not in PostgreSQL,
//! which keeps the journal with its snapshots, orders and statements, and not in Kafka, which has
//! the Bank's events.
//!
//! Both compress what is long enough. So their contents are asked for and scanned as they were
//! written, and their files are scanned as they are.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::load::Load;
use crate::program::*;
use crate::scanner::Finding;
use crate::secrets::*;
use bancada_testbed::kafka::Broker;
use bancada_testbed::postgresql::Server;

/// What is there and must be found.
const CANARY: &str = "canary 4111 1111 1111 1111";
/// Where in it.
const NUMBER_AT: usize = 7;
/// So much of nothing behind a canary that servers compress it.
const N_PADDING: usize = 50_000;

/// A database's tables with all that is in their rows, in PostgreSQL's own format.
fn dump_tables(client: &mut postgres::Client, to: &Path) {
    let tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                  WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let mut file = File::create(to).unwrap();
    for row in client.query(tables, &[]).unwrap() {
        let table: String = row.get(0);
        let copy = format!("COPY {table} TO STDOUT (FORMAT binary)");
        io::copy(&mut client.copy_out(&copy).unwrap(), &mut file).unwrap();
    }
}

/// A short one and a long one, in a table of their own.
fn plant_in_tables(client: &mut postgres::Client) {
    let plant = format!(
        "CREATE TABLE canary (short text, long bytea);
         INSERT INTO canary VALUES
             ('{CANARY}', convert_to('{CANARY}' || repeat(' ', {N_PADDING}), 'UTF8'));
         CHECKPOINT"
    );
    client.batch_execute(&plant).unwrap();
}

fn client_of(broker: &Broker) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.address());
    config
}

/// The keys, values and headers of all records of all topics.
fn dump_topics(broker: &Broker, to: &Path) {
    let reader: BaseConsumer = client_of(broker).set("group.id", "dump").create().unwrap();
    let (mut places, mut ends) = (TopicPartitionList::new(), HashMap::new());
    for topic in reader.fetch_metadata(None, PATIENCE).unwrap().topics() {
        for partition in topic.partitions() {
            let (name, number) = (topic.name(), partition.id());
            let (first, end) = reader.fetch_watermarks(name, number, PATIENCE).unwrap();
            if first < end {
                places.add_partition_offset(name, number, Offset::Offset(first)).unwrap();
                ends.insert((name.to_owned(), number), end);
            }
        }
    }
    reader.assign(&places).unwrap();
    let mut file = File::create(to).unwrap();
    while !ends.is_empty() {
        let record = reader.poll(PATIENCE).expect("there is more").unwrap();
        let headers = record.headers().into_iter().flat_map(|headers| headers.iter());
        let headers = headers.flat_map(|header| [Some(header.key.as_bytes()), header.value]);
        for bytes in [record.key(), record.payload()].into_iter().chain(headers).flatten() {
            file.write_all(bytes).unwrap();
            file.write_all(&[0]).unwrap();
        }
        let place = (record.topic().to_owned(), record.partition());
        if ends.get(&place).is_some_and(|end| record.offset() + 1 >= *end) {
            ends.remove(&place);
        }
    }
}

/// A record that is compressed as the Bank's are, and one that is not.
fn plant_in_topic(broker: &Broker) {
    let value = format!("{CANARY}{}", " ".repeat(N_PADDING));
    for compression in ["lz4", "none"] {
        let mut config = client_of(broker);
        let producer: BaseProducer = config.set("compression.type", compression).create().unwrap();
        let record = BaseRecord::<str, str>::to("payments").payload(&value);
        producer.send(record).map_err(|(error, _)| error).unwrap();
        producer.flush(PATIENCE).unwrap();
    }
}

/// Moves what PostgreSQL wrote ahead of its files into one file, without the headers of its pages:
/// what is written goes on behind them, and would be something else to whoever reads the pages.
fn join_pages_of_log(folder: &Path, to: &Path) {
    const PAGE_BYTES: usize = 8_192;
    /// In the flags of a header: the first one of a file is longer.
    const IS_LONG: u8 = 2;
    let segments = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = segments.filter(|path| path.is_file()).collect();
    segments.sort();
    let mut file = File::create(to).unwrap();
    for segment in segments {
        for page in fs::read(segment).unwrap().chunks(PAGE_BYTES) {
            let n_header = if page[2] & IS_LONG == IS_LONG { 40 } else { 24 };
            file.write_all(&page[n_header..]).unwrap();
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Whether it was planted.
fn is_canary(path: &Path, (at, _): Finding) -> bool {
    let mut around = [0; CANARY.len()];
    let before = at.checked_sub(NUMBER_AT as u64);
    before.is_some_and(|from| File::open(path).unwrap().read_exact_at(&mut around, from).is_ok())
        && around == *CANARY.as_bytes()
}

/// Whether a file has a topic's records, compressed: compressing cuts UUIDs anywhere, and what is
/// left of one may look like a card number. All that is in these files was scanned as it was
/// written; of the files themselves it is only asked that what was planted is found in them.
fn is_segment(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let offset = name.strip_suffix(".log");
    offset.is_some_and(|it| it.len() == 20 && it.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Findings in a file or a folder.
fn n_in(found: &BTreeMap<PathBuf, Vec<Finding>>, place: &Path) -> usize {
    found.iter().filter(|(path, _)| path.starts_with(place)).map(|(_, found)| found.len()).sum()
}

#[test]
fn no_card_number_and_no_security_code_is_on_a_server() {
    let (server, broker) = (Server::start(), Broker::start());
    let database = server.new_database();
    let (data, captured) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(async {
        let key = data.path().join("shared.key").display().to_string();
        let mut answers = Answers::in_file(&captured.path().join("answers"));
        let system = System::new(data.path());
        let options =
            ["--postgres", &database, "--vault-key-file", &key, "--kafka", &broker.address()];
        let program = system.up_writing(&options, LOG_OF_MANY, &captured.path().join("up.log"));
        system.is_ready().await;
        visit_the_shop(&system, &mut answers).await;
        call_the_bank(&system, &mut answers).await;
        let load = Load::start(&system.bank, captured.path(), "1h");
        system.advances(2_000).await;
        let told = load.stop().await;
        system.passes_audit(Some(&told)).await;
        read_the_statements(&system, &mut answers).await;
        assert_eq!(program.interrupt(), Some(0));
    });

    let mut client = server.connect(database.rsplit('/').next().unwrap());
    plant_in_tables(&mut client);
    plant_in_topic(&broker);
    let [tables, topics] = ["tables", "topics"].map(|name| captured.path().join(name));
    dump_tables(&mut client, &tables);
    dump_topics(&broker, &topics);
    drop(client);
    // What is running moves its files.
    server.kill();
    broker.kill();
    let (rows, log) = (server.data(), server.log());
    let ahead = captured.path().join("ahead");
    join_pages_of_log(&rows.join("pg_wal"), &ahead);
    let mut found = scan_all(&[data.path(), captured.path(), &rows, &log, broker.folder()]);
    assert_eq!((n_in(&found, &tables), n_in(&found, &topics)), (2, 2), "{}", show(&found));
    let n_in_files = [&rows, &ahead, broker.folder()].map(|place| n_in(&found, place));
    assert!(n_in_files.iter().all(|n| *n > 0), "{n_in_files:?}");
    for (path, found) in &mut found {
        let is_compressed = path.starts_with(broker.folder()) && is_segment(path);
        found.retain(|finding| !(is_compressed || is_canary(path, *finding)));
    }
    found.retain(|_, found| !found.is_empty());
    assert!(found.is_empty(), "{}", show(&found));
    for (path, text) in [(&tables, "************4242"), (&topics, "************4242")] {
        assert!(says(path, text), "{} does not say {text}", path.display());
    }
}
