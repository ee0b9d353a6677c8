//! What cannot be started says why, and leaves nothing behind.

use std::fs;
use std::net::TcpListener;

use crate::running::Place;

pub(crate) fn missing_or_in_the_way() {
    let place = Place::new();
    let refused = |options: &[&str], words: &str| {
        let output = place.command(options).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{words:?} is not in {said}");
    };
    let other = TcpListener::bind(("127.0.0.1", place.kafka + 1)).unwrap();
    refused(&[], "choose another one with --kafka-port (it needs two in a row)");
    drop(other);
    refused(&["--program", "/nowhere/bancada"], "there is no /nowhere/bancada");
    refused(&["--kafka-libs", "/nowhere"], "Kafka is not in /nowhere: BANCADA_KAFKA_LIBS is wrong");

    // Data is forgotten only by name, and only when that was said.
    let data = place.folder.path().join("data");
    fs::create_dir(data.join("postgresql")).unwrap();
    fs::write(data.join("somebody-elses"), "").unwrap();
    refused(&["--fresh"], "say --yes as well");
    assert!(data.join("postgresql").exists());
    refused(&["--fresh", "--yes", "--program", "/nowhere/bancada"], "there is no /nowhere");
    assert!(!data.join("postgresql").exists());
    assert!(data.join("somebody-elses").exists());
}
