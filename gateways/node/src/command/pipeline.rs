//! `bancada pipeline`: sets up the way from Kafka to the dashboards, and shows how it is.

mod past;

use std::io::Write as _;

use bancada_pipeline::{Applied, Outcome, Restarted, Standing, Status};
use tokio::signal::unix::{SignalKind, signal};

use bancada_telemetry::console;

use crate::arguments::{
    ApplyOptions, Output, PipelineCommand, PipelineOptions, SetAsideOptions, StatusOptions,
    WatchOptions,
};
use crate::exit::Exit;

pub(crate) fn run(options: &PipelineOptions) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match &options.command {
            PipelineCommand::Apply(options) => apply(options).await,
            PipelineCommand::Status(options) => status(options).await,
            PipelineCommand::Watch(options) => watch(options).await,
            PipelineCommand::SetAside(options) => set_aside(options).await,
            PipelineCommand::Refill(options) => past::refill(options).await,
            PipelineCommand::Republish(options) => past::republish(options).await,
        }
    })
}

async fn apply(options: &ApplyOptions) -> anyhow::Result<Exit> {
    bancada_pipeline::apply(&options.servers(), |applied| {
        let Applied { what, outcome } = applied;
        let outcome = match outcome {
            Outcome::Created => "created",
            Outcome::Changed => "changed",
            Outcome::Unchanged => "unchanged",
            Outcome::Restarted => "had failed, started again",
            Outcome::Imported => "imported",
            Outcome::Skipped(why) => return console::say(format_args!("{what:<22}skipped: {why}")),
        };
        console::say(format_args!("{what:<22}{outcome}"));
    })
    .await?;
    Ok(Exit::Well)
}

async fn watch(options: &WatchOptions) -> anyhow::Result<Exit> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let servers = options.servers();
    let watching = bancada_pipeline::watch(&servers, options.watch(), |restarted| {
        console::say(format_args!("{restarted}"));
    });
    tokio::select! {
        never = watching => never,
        _ = interrupt.recv() => Ok(Exit::Well),
        _ = terminate.recv() => Ok(Exit::Well),
    }
}

async fn set_aside(options: &SetAsideOptions) -> anyhow::Result<Exit> {
    let aside = bancada_pipeline::set_aside(&options.servers(), options.place).await?;
    console::say(format_args!("{}", Restarted::SetAside(aside)));
    Ok(Exit::Well)
}

async fn status(options: &StatusOptions) -> anyhow::Result<Exit> {
    let status = bancada_pipeline::status(&options.servers(), options.moves_within.into()).await?;
    let mut out = std::io::stdout().lock();
    match options.output.output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(&status)?)?,
        Output::Text => print(&mut out, &status)?,
    }
    Ok(if status.is_well() { Exit::Well } else { Exit::Found })
}

fn print(out: &mut impl std::io::Write, status: &Status) -> std::io::Result<()> {
    match &status.connector {
        None => writeln!(out, "connector     none; `bancada pipeline apply` makes it")?,
        Some(connector) => {
            writeln!(out, "connector     {}, {}", connector.name, connector.state)?;
            for task in &connector.tasks {
                writeln!(out, "task {:<9}{}, at {}", task.id, task.state, task.worker)?;
            }
            if let Some(error) = &connector.last_error {
                writeln!(out, "last error    {error}")?;
            }
        }
    }
    writeln!(out, "lag           {} of {} records", status.lag.n_behind, status.lag.n_records)?;
    for Standing { partition, next, foreign, .. } in &status.standing {
        match foreign {
            Some(foreign) => writeln!(
                out,
                "stands still  at {partition}/{next}; the bank cannot have written \
                 {partition}/{foreign}: `bancada pipeline set-aside {partition}/{foreign}`"
            )?,
            None => writeln!(out, "stands still  at {partition}/{next}")?,
        }
    }
    match status.n_documents {
        Some(n_documents) => {
            writeln!(out, "documents     {n_documents} of {} payments", status.n_payments)?;
            let n_missing = status.n_missing();
            if n_missing > 0 {
                writeln!(out, "missing       {n_missing}; `bancada pipeline refill` writes them")?;
            }
        }
        None => writeln!(out, "documents     no index; `bancada pipeline apply` makes it")?,
    }
    let dead = &status.dead_letters;
    match &dead.last_reason {
        Some(reason) => writeln!(out, "dead letters  {}, the last: {reason}", dead.n_records),
        None => writeln!(out, "dead letters  {}", dead.n_records),
    }
}
