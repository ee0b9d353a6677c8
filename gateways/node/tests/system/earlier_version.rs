//! A directory that version 0.1 left behind: killed while it was in use, with bills and sales
//! beyond every amount that is taken today.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::program::*;

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/directories/version-0.1");

/// Unpacks what is kept compressed, as an earlier version's umask made it.
fn unpack(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_stem().unwrap());
        if path.is_dir() {
            unpack(&path, &target);
            continue;
        }
        let mut content = Vec::new();
        let file = File::open(&path).unwrap();
        flate2::read::GzDecoder::new(file).read_to_end(&mut content).unwrap();
        fs::write(&target, content).unwrap();
        let is_key = target.ends_with("vault.key");
        let mode = if is_key { 0o600 } else { 0o644 };
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn a_directory_of_an_earlier_version_opens_and_audits_clean() {
    run(async {
        let directory = tempfile::tempdir().unwrap();
        unpack(Path::new(DIRECTORY), directory.path());
        let log = directory.path().join("run.jsonl");
        let system = System::new(directory.path());
        for _ in 0..2 {
            let mut program = system.up(&[]);
            system.is_ready().await;
            // Its log has no last line yet.
            system.passes_audit_with(Some(&log), &["--cut-log"]).await;
            // Whoever has a card beyond the limits stops nobody else.
            let (status, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
            assert_eq!((status, &order["status"]), (201, &"paid".into()), "{order}");
            let token = system.knows_card("4242").await;
            system.shows_payment(&token, order["payment_id"].as_str().unwrap()).await;
            // Its log has no last line yet.
            system.passes_audit_with(Some(&log), &["--cut-log"]).await;
            program.kill();
        }
        for service in ["bank", "checkout", "extrato"] {
            let folder = directory.path().join(service);
            assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let mode = entry.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o077, 0, "{:?} is {mode:o}", entry.path());
            }
        }
        // What an earlier version did not know is written down.
        for file in ["mark-0.bin", "stores", "vault.fingerprint"] {
            assert!(directory.path().join("bank").join(file).exists(), "{file}");
        }
    });
}

#[test]
fn another_vault_key_is_refused_also_in_a_directory_of_an_earlier_version() {
    let directory = tempfile::tempdir().unwrap();
    unpack(Path::new(DIRECTORY), directory.path());
    let key = directory.path().join("bank/vault.key");
    let mut bytes = fs::read(&key).unwrap();
    bytes[9] ^= 4;
    fs::write(&key, bytes).unwrap();
    let output = directory.path().join("output");
    let system = System::new(directory.path());
    assert_eq!(system.up_writing(&[], "error", &output).wait(), Some(3));
    let said = fs::read_to_string(&output).unwrap();
    assert!(said.contains("is not the one with which the cards"), "{said}");
}
