//! Named steps of a long command, with the time each took.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// Runs steps one after the other and remembers how long each took.
#[derive(Default)]
pub(crate) struct Phases {
    finished: Vec<(String, Duration)>,
}

impl Phases {
    /// Runs `step`; an error ends the whole command and names the step.
    pub(crate) fn run<T>(
        &mut self,
        name: &str,
        step: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        println!("\n== {name}");
        let started = Instant::now();
        let result = step().with_context(|| format!("{name} failed"));
        self.finished.push((name.to_owned(), started.elapsed()));
        if result.is_err() {
            self.print();
        }
        result
    }

    /// Shows where the minutes went.
    pub(crate) fn print(&self) {
        println!("\n== time");
        for (name, took) in &self.finished {
            println!("{:>7.1} s  {name}", took.as_secs_f64());
        }
        let total: Duration = self.finished.iter().map(|(_, took)| *took).sum();
        println!("{:>7.1} s  in all", total.as_secs_f64());
    }
}

/// Runs a program with its output shown; anything but success is an error that names it.
pub(crate) fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    let status = command.status().with_context(|| format!("failed to start {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}
