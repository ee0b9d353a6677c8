//! A topic's records where the broker keeps them.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use super::broker::Broker;

/// Where a batch says how it is compressed, and the codecs that Kafka has no name for.
const ATTRIBUTES: u64 = 22;
const NO_CODEC: u8 = 5;

/// The partitions of a topic that have records.
pub fn with_records(broker: &Broker, topic: &str) -> Vec<i32> {
    let has_records = |partition: &i32| {
        std::fs::metadata(segment(broker, topic, *partition)).is_ok_and(|it| it.len() > 0)
    };
    (0..6).filter(has_records).collect()
}

/// Makes the first batch of a partition one that nobody can read, as the broker hands it out from
/// now on; what it has to be for [`mend`].
pub fn spoil(broker: &Broker, topic: &str, partition: i32) -> u8 {
    let segment = segment(broker, topic, partition);
    let file = OpenOptions::new().read(true).write(true).open(segment).unwrap();
    let mut was = [0];
    file.read_exact_at(&mut was, ATTRIBUTES).unwrap();
    file.write_all_at(&[was[0] & !7 | NO_CODEC], ATTRIBUTES).unwrap();
    was[0]
}

/// Makes it what it was.
pub fn mend(broker: &Broker, topic: &str, partition: i32, was: u8) {
    let segment = segment(broker, topic, partition);
    let file = OpenOptions::new().write(true).open(segment).unwrap();
    file.write_all_at(&[was], ATTRIBUTES).unwrap();
}

fn segment(broker: &Broker, topic: &str, partition: i32) -> PathBuf {
    let folder = broker.folder().join("data").join(format!("{topic}-{partition}"));
    folder.join("00000000000000000000.log")
}
