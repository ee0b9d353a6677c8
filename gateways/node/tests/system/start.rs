//! Starts that cannot succeed, and starts that must be quick and whole.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
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

#[test]
fn forgetting_removes_nothing_outside_of_the_data_directory() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = elsewhere.path().join("precious");
    std::fs::write(&file, "kept").unwrap();
    std::fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o755)).unwrap();
    let own = data.path().join("bank");
    std::fs::create_dir(&own).unwrap();
    for (folder, target) in [
        ("checkout", elsewhere.path().to_owned()),
        ("extrato", elsewhere.path().join("precious")),
        ("checkout", elsewhere.path().join("nothing")),
    ] {
        let link = data.path().join(folder);
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut up = Command::new(BINARY);
        up.args(["up", "--fresh", "--yes", "--port", "0", "--grpc-port", "0"]);
        up.args(["--admin-port", "0", "--data"]).arg(data.path());
        let output = up.stdin(std::process::Stdio::null()).output().unwrap();
        fails_with(&output, &["is a link", "--fresh", folder]);
        assert!(own.exists(), "it is refused before anything is removed");
        assert!(link.is_symlink(), "the link is somebody's");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 1, "nothing was made");
        let mode = std::fs::metadata(elsewhere.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "somebody else's folder keeps its rights");
        std::fs::remove_file(&link).unwrap();
    }
}
