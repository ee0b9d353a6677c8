//! Who is let in, and what happens when nobody hears what the program says.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use reqwest::header::HOST;

use crate::program::*;

#[test]
fn a_program_answers_to_this_machine_and_to_the_names_it_was_given() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let system = System::new(data.path());
        let program = system.up(&["--allowed-host", "loja.example,banco.example"]);
        system.is_ready().await;
        for base in [&system.shop, &system.admin] {
            let path = if base == &system.admin { "/tree" } else { "/api/status" };
            let port = base.rsplit(':').next().unwrap();
            for (host, status) in [
                (format!("localhost:{port}"), 200),
                (format!("loja.example:{port}"), 200),
                ("BANCO.example".to_owned(), 200),
                (format!("rebound.example:{port}"), 421),
            ] {
                let asked = system.web.get(format!("{base}{path}")).header(HOST, &host);
                assert_eq!(asked.send().await.unwrap().status(), status, "{host} {path}");
            }
        }
        assert_eq!(program.interrupt(), Some(0));
    });
}

#[test]
fn a_listener_that_others_can_reach_is_warned_of() {
    run(async {
        let data = tempfile::tempdir().unwrap();
        let log = data.path().join("log");
        let system = System::new(&data.path().join("data"));
        let program = system.up_writing(&["--host", "0.0.0.0"], "warn", &log);
        system.is_ready().await;
        assert_eq!(program.interrupt(), Some(0));
        let said = std::fs::read_to_string(&log).unwrap();
        let warnings = said.matches("other machines can reach this listener").count();
        assert_eq!(warnings, 2, "pages and gRPC, not the admin listener: {said}");
    });
}

/// A full disk under the log, and a reader of it that is gone.
#[test]
fn a_log_that_nobody_takes_ends_nothing() {
    run(async {
        for is_full in [true, false] {
            let data = tempfile::tempdir().unwrap();
            let system = System::new(data.path());
            let mut program = system.up_with(&[], |arguments| {
                let mut command = Command::new(BINARY);
                command.args(arguments).env("BANCADA_LOG", "debug");
                if is_full {
                    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
                    command.stdout(full()).stderr(full());
                } else {
                    command.stdout(closed_pipe()).stderr(closed_pipe());
                }
                Program::spawn(&mut command)
            });
            system.is_ready().await;
            let bought = system.buy(&new_key(), "4242424242424242").await;
            assert_eq!(bought.unwrap().0, 201, "is full: {is_full}");
            assert!(program.is_running(), "is full: {is_full}");
            assert_eq!(program.interrupt(), Some(0), "is full: {is_full}");
        }
    });
}

/// A pipe whose reader is gone.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}
