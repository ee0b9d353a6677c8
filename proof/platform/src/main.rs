//! `bancada-platform`: PostgreSQL, Apache Kafka, Kafka Connect, Elasticsearch and Bancada's three
//! services as processes of one machine, started in order, watched, and stopped in order.
//! `cargo xtask up --platform` fetches what it needs and runs it.

mod address;
mod announcement;
mod arguments;
mod duel;
mod folder;
mod forward;
mod front;
mod ingress;
mod log_view;
mod memory;
mod part;
mod platform;
mod server;

use std::process::ExitCode;

use bancada_telemetry::{command_line, console};

fn main() -> ExitCode {
    let result = run(command_line::parse());
    if let Err(error) = &result {
        console::complain(format_args!("error: {error:#}"));
    }
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(arguments: arguments::Arguments) -> anyhow::Result<()> {
    // One thread: a child ends with the thread that started it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        match arguments.command {
            None => platform::run(arguments.options).await,
            Some(arguments::Command::Duel(options)) => duel::run(options).await,
        }
    })
}
