//! What the failed tests of a long run said, told once more at its end.
//!
//! A test of real processes prints thousands of lines of their logs, and what was wrong is lost
//! among them.

use std::io::{BufRead, BufReader, IsTerminal as _, Write as _};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// The most lines that are repeated of what one test said.
const MAX_LINES: usize = 12;
/// How long the last lines may take once the test runners have ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the test runners of `command` with their output shown; when a test fails, its message is
/// shown again at the end, and the answer is an error.
pub(crate) fn succeed_or_tell(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    if std::io::stdout().is_terminal() {
        command.args(["--", "--color", "always"]);
    }
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start {shown}"))?;
    let output = child.stdout.take().context("the output is piped")?;
    let failures = Arc::new(Mutex::new(Failures::default()));
    let (is_read, has_read) = mpsc::channel();
    {
        let failures = Arc::clone(&failures);
        thread::spawn(move || {
            show(output, &failures);
            is_read.send(())
        });
    }
    let status = child.wait().with_context(|| format!("failed to wait for {shown}"))?;
    // A program that a test left running has the pipe open still, and nobody waits for it.
    let _ = has_read.recv_timeout(PATIENCE);
    if status.success() {
        return Ok(());
    }
    println!("\n== what failed");
    for line in &failures.lock().unwrap_or_else(PoisonError::into_inner).told {
        println!("{line}");
    }
    bail!("{shown} ended with {status}");
}

fn show(output: ChildStdout, failures: &Mutex<Failures>) {
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let mut out = std::io::stdout().lock();
        // Whoever reads this may be gone; the tests go on.
        let _ = out.write_all(&line).and_then(|()| out.write_all(b"\n"));
        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.read(&String::from_utf8_lossy(&line));
    }
}

/// The lines of a test runner's output that say what was wrong.
#[derive(Default)]
struct Failures {
    told: Vec<String>,
    /// The lines that may still be told of the test that is read about, and how many were.
    rest: Option<Rest>,
}

/// What is looked for in the output of a failed test.
enum Rest {
    /// Where the test's own thread panics.
    Panic { thread: String },
    /// The lines of its message.
    Message { n_lines: usize },
}

impl Failures {
    fn read(&mut self, line: &str) {
        if let Some(name) = heading(line) {
            self.told.push(line.to_owned());
            // The standard runner says that this is the test's output, others print the message.
            self.rest = Some(if line.ends_with(" stdout ----") {
                Rest::Panic { thread: format!("thread '{name}' ") }
            } else {
                Rest::Message { n_lines: 0 }
            });
            return;
        }
        let is_over =
            line == "stack backtrace:" || line.starts_with("note: ") || line == "failures:";
        let rest = match self.rest.take() {
            Some(Rest::Panic { thread }) if !line.starts_with(&thread) => {
                Some(Rest::Panic { thread })
            }
            Some(Rest::Panic { .. }) => Some(Rest::Message { n_lines: 0 }),
            Some(Rest::Message { n_lines }) if !is_over && n_lines < MAX_LINES => {
                Some(Rest::Message { n_lines: n_lines + 1 })
            }
            _ => None,
        };
        if let Some(Rest::Message { .. }) = &rest {
            self.told.push(line.to_owned());
        }
        self.rest = rest;
    }
}

/// The test that the lines behind this one are of.
fn heading(line: &str) -> Option<&str> {
    let name = line.strip_prefix("---- ")?.strip_suffix(" ----")?;
    Some(name.strip_suffix(" stdout").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(output: &str) -> Vec<String> {
        let mut failures = Failures::default();
        output.lines().for_each(|line| failures.read(line));
        failures.told
    }

    #[test]
    fn what_a_failed_test_said_is_told_and_not_what_its_programs_wrote() {
        let output = "\
test a::works ... ok
test a::fails ... FAILED

failures:

---- a::fails stdout ----
{\"level\":\"ERROR\"}

thread 'actix-rt|system:0' (7) panicked at child.rs:220:13:
crashed by a chaos command
stack backtrace:
   0: begin_unwind

thread 'a::fails' (9) panicked at a.rs:3:5:
assertion `left == right` failed: of two
  left: 1
 right: 2
stack backtrace:
   0: begin_unwind
note: Some details are omitted

failures:
    a::fails

test result: FAILED. 1 passed; 1 failed";
        let expected = [
            "---- a::fails stdout ----",
            "thread 'a::fails' (9) panicked at a.rs:3:5:",
            "assertion `left == right` failed: of two",
            "  left: 1",
            " right: 2",
        ];
        assert_eq!(told(output), expected);
    }

    #[test]
    fn a_runner_that_prints_the_message_alone_is_understood() {
        let output =
            "failures:\n\n---- made_anew ----\nnot in time: a topic\n\n\nfailures:\n    x\n";
        assert_eq!(told(output), ["---- made_anew ----", "not in time: a topic", "", ""]);
    }

    #[test]
    fn a_long_message_is_cut() {
        let output =
            format!("---- a stdout ----\nthread 'a' (1) panicked at\n{}", "x\n".repeat(99));
        assert_eq!(told(&output).len(), 2 + MAX_LINES);
    }

    #[test]
    fn nothing_is_told_of_what_passes() {
        assert!(told("test a ... ok\nthread 'a' (1) panicked at b.rs:\nexpected\n").is_empty());
    }
}
