//! Starts that cannot succeed, and starts that must be quick and whole.

use std::net::TcpListener;
use std::process::{Command, Output};

use crate::program::*;

fn up(arguments: &[&str]) -> Output {
    let ports = free_ports::<3>().map(|port| port.to_string());
    let mut command = Command::new(BINARY);
    command.args(["up", "--port", &ports[0], "--grpc-port", &ports[1], "--admin-port", &ports[2]]);
    // The last of two options would be refused, so a test names what it changes first.
    let changed = ["--port", "--grpc-port", "--admin-port"];
    if arguments.iter().any(|argument| changed.contains(argument)) {
        command = Command::new(BINARY);
        command.arg("up");
    }
    command.args(arguments).output().unwrap()
}

fn fails_with(output: &Output, words: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    let lines: Vec<_> = error.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines.len(), 1, "one sentence: {error}");
    for word in words {
        assert!(lines[0].contains(word), "{word} is not in {}", lines[0]);
    }
}

#[test]
fn a_port_in_use_is_one_sentence() {
    let data = tempfile::tempdir().unwrap();
    let data = data.path().display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for option in ["--port", "--grpc-port", "--admin-port"] {
        let mut arguments = vec!["--data", &data];
        for (other, free) in ["--port", "--grpc-port", "--admin-port"].iter().zip(["0"; 3]) {
            arguments.extend([*other, if *other == option { port.as_str() } else { free }]);
        }
        fails_with(&up(&arguments), &["in use", &port, option]);
    }
}

#[test]
fn a_data_directory_that_cannot_be_used_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    fails_with(&up(&["--data", &file.display().to_string()]), &["a-file", "--data"]);

    let newer = dir.path().join("newer");
    std::fs::create_dir_all(newer.join("bank")).unwrap();
    std::fs::write(newer.join("bank/layout-version"), "99").unwrap();
    fails_with(&up(&["--data", &newer.display().to_string()]), &["newer Bancada", "99"]);
}

#[test]
fn a_data_directory_has_one_owner_and_survives_restarts() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let shown = data.path().display().to_string();
        let system = System::new(data.path());
        let program = system.up(&[]);
        system.is_ready().await;
        let (_, order) = system.buy(&new_key(), "4242424242424242").await.unwrap();
        let payment = order["payment_id"].as_str().unwrap().to_owned();
        let second = {
            let shown = shown.clone();
            tokio::task::spawn_blocking(move || up(&["--data", &shown])).await.unwrap()
        };
        fails_with(&second, &["in use by another process", "--data"]);
        assert_eq!(program.interrupt(), Some(0));

        let program = system.up(&[]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        system.shows_payment(&token, &payment).await;
        assert_eq!(program.interrupt(), Some(0));

        let unasked = {
            let shown = shown.clone();
            tokio::task::spawn_blocking(move || {
                Command::new(BINARY)
                    .args(["up", "--fresh", "--data", &shown])
                    .stdin(std::process::Stdio::null())
                    .output()
                    .unwrap()
            })
            .await
            .unwrap()
        };
        fails_with(&unasked, &["--yes"]);
        let _program = system.up(&["--fresh", "--yes"]);
        system.is_ready().await;
        let token = system.knows_card("4242").await;
        assert_eq!(system.lines(&token).await.len(), 0, "everything was forgotten");
    });
}
