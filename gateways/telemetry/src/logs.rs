//! Logs: lines for people at a terminal, JSON for machines. Never card data: its types do not
//! show it.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::console::WhateverHappens;

/// How logs are written, to the standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text at a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// One object per line.
    Json,
}

/// The filter is not one.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a log filter such as \"info,bancada_bank=debug\"")]
pub struct FilterError(String);

/// What the libraries say of every bad request.
const QUIET: &str = "actix_http::h1::dispatcher=off,actix_http::service=off";

/// Starts logging; once per process. `filter` as in `RUST_LOG`.
pub fn start(format: LogFormat, filter: &str) -> Result<(), FilterError> {
    // A line at ERROR for each request that is no HTTP, with all it says: a stranger's to choose.
    // The answer is counted, and whoever wants the lines names the target.
    let quiet = format!("{QUIET},{filter}");
    let parsed = EnvFilter::try_new(quiet).map_err(|_| FilterError(filter.to_owned()))?;
    let is_json = match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(|| WhateverHappens)
        .with_span_events(FmtSpan::NONE);
    // A second start keeps the first: tests share a process.
    let _ = if is_json {
        logs.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        logs.with_target(false).try_init()
    };
    Ok(())
}
