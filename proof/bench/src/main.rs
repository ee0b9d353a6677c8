//! Speed as ratios: each goal against a baseline that is measured in turns with it, in one run,
//! on one machine, by one client.
#![allow(clippy::print_stdout, reason = "printing the figures is this program's job")]

mod cards;
mod comparison;
mod figure;
mod goal;
mod grpc;
mod history;
mod json;
mod load;
mod machine;
mod plot;
mod recovery;
mod report;
mod shop;
mod side;
mod statistics;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};

use crate::comparison::Plan;
use crate::recovery::{RecoveryArguments, ServeArguments};

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the goals of the Bank against their baselines.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    goals: GoalsArguments,
}

#[derive(Subcommand)]
enum Command {
    Recovery(RecoveryArguments),
    #[command(hide = true)]
    Serve(ServeArguments),
}

#[derive(clap::Args)]
struct GoalsArguments {
    /// Only these; all of them otherwise.
    #[arg(value_enum)]
    goals: Vec<Goal>,
    /// How long each of the rounds takes.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Rounds of each side that count.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// Payments in progress at once: enough that the disk's latency is not what is measured.
    #[arg(long, default_value_t = 256)]
    concurrency: usize,
    /// Where journals are made; a folder on the disk that is to be measured.
    #[arg(long, default_value = "target")]
    folder: PathBuf,
    /// Also writes the figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Also draws them as SVG.
    #[arg(long)]
    plot: Option<PathBuf>,
}

/// What can be measured, in the order in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Goal {
    /// Durable authorizations against a bare echo.
    G1,
    /// Group commit against a sync for each payment.
    G2,
    /// Latency at half load, and of a single caller.
    G3,
    /// gRPC against JSON over HTTP.
    G4,
    /// The Bank against pgbench on the same disk; needs PostgreSQL.
    G5,
    /// One hot card against many.
    G6,
    /// The statement behind the Bank, through a broker that may be away; needs Java and Kafka.
    G7,
    /// The time from a kill to the first answer, with a million payments.
    G10,
    /// Overload.
    G11,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse() {
        Arguments { command: Some(Command::Recovery(arguments)), .. } => {
            report::print(&recovery::run(&arguments)?);
            Ok(())
        }
        Arguments { command: Some(Command::Serve(arguments)), .. } => recovery::serve(&arguments),
        Arguments { command: None, goals } => measure_goals(&goals),
    }
}

fn measure_goals(arguments: &GoalsArguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(&arguments.folder)
        .with_context(|| format!("no folder can be made in {}", arguments.folder.display()))?;
    let plan = Plan {
        rounds: arguments.rounds,
        length: Duration::try_from_secs_f64(arguments.seconds)?,
        folder: folder.path().to_owned(),
        concurrency: arguments.concurrency,
    };
    let goals = match arguments.goals.as_slice() {
        [] => Goal::value_variants(),
        some => some,
    };
    // Its name is how the client's processor time is told from the servers'.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().thread_name("client").enable_all().build()?;
    let mut figures = Vec::new();
    for goal in goals {
        let measured = runtime.block_on(measure(*goal, &plan))?;
        report::print(&measured);
        figures.extend(measured);
    }
    if let Some(path) = &arguments.json {
        report::write_json(path, &plan, &figures)?;
    }
    if let Some(path) = &arguments.plot {
        std::fs::write(path, plot::svg(&figures))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

async fn measure(goal: Goal, plan: &Plan) -> anyhow::Result<Vec<figure::Figure>> {
    match goal {
        Goal::G1 => goal::echo::measure(plan).await,
        Goal::G2 => goal::group_commit::measure(plan).await,
        Goal::G3 => goal::latency::measure(plan).await,
        Goal::G4 => goal::rest::measure(plan).await,
        Goal::G5 => goal::postgresql::measure(plan).await,
        Goal::G6 => goal::hot_card::measure(plan).await,
        Goal::G7 => goal::statement::measure(plan).await,
        Goal::G10 => recovery::run(&RecoveryArguments::in_folder(&plan.folder)),
        Goal::G11 => goal::overload::measure(plan).await,
    }
}
