//! The `bancada` program.

mod arguments;
mod command;
mod doors;
mod exit;
mod listener;
mod process;
mod refusal;
mod restart;
mod service;
mod surroundings;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;

/// Entries and answers are freed by other threads than made them: what glibc's allocator is
/// slowest at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let arguments: Arguments = bancada_telemetry::command_line::parse();
    let result = match bancada_telemetry::logs::start(arguments.log_format(), &arguments.log_filter)
    {
        Err(error) => Err(anyhow::Error::from(error)),
        Ok(()) => {
            // Whatever it does, cards may be in its memory.
            if let Err(error) = bancada_edge::switch_off_core_dumps() {
                tracing::warn!(%error, "core dumps cannot be switched off");
            }
            run(arguments.command)
        }
    };
    result.unwrap_or_else(|error| Exit::of_error(&error)).into()
}

fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Up(options) => command::up::run(options),
        Command::Bank(options) => command::bank::run(options),
        Command::Checkout(options) => command::checkout::run(options),
        Command::Extrato(options) => command::extrato::run(options),
        Command::Load(options) => command::load::run(&options),
        Command::Audit(options) => command::audit::run(options),
        Command::Backup(options) => command::backup::run(&options),
        Command::Restore(options) => command::restore::run(&options),
        Command::AcceptLoss(options) => command::accept_loss::run(&options),
        Command::Verify(options) => command::verify::run(&options),
        Command::Sim(options) => command::sim::run(&options),
        Command::Pipeline(options) => command::pipeline::run(&options),
        Command::DeadLetters(options) => command::dead_letters::run(&options),
        Command::Cards(options) => command::cards::run(&options),
        Command::Doctor(options) => command::doctor::run(&options),
    }
}
