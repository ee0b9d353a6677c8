//! Why an audit, or a part of it, could not be made.

use std::error::Error;

use bancada_extrato::ports::SourceError;
use bancada_grpc::EventMessageError;
use bancada_kafka::TopicError;
use bancada_load::LogError;
use bancada_pipeline::PipelineError;

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Everything is held against the Bank.
    #[error("the bank cannot be read")]
    Bank(#[source] ReadError),
    /// The log of what payers were told cannot be read, or proves nothing.
    #[error(transparent)]
    Log(#[from] LogError),
    /// This machine makes no client for HTTP.
    #[error("services cannot be asked")]
    NoClient(#[source] ReadError),
}

/// Why somebody cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The Bank has a feed and sends nothing.
    #[error("it sent no events in time; has it any?")]
    NoEvents,
    /// The Bank closed the feed before its end.
    #[error("it ended the feed")]
    FeedEnded,
    /// The Bank ended the feed with an error.
    #[error("{0}")]
    Feed(String),
    /// The Bank is away, or refuses.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The Bank sent what is no event.
    #[error(transparent)]
    Event(#[from] EventMessageError),
    /// A service did not answer, or not as it has to.
    #[error(transparent)]
    Web(#[from] reqwest::Error),
    /// A service answered with something else.
    #[error("{0} is not one")]
    Stranger(&'static str, #[source] reqwest::Error),
    /// The statement has not come as far as the Bank.
    #[error("it is still {0} events behind")]
    Behind(u64),
    /// The brokers do not answer, or have no such topic.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// Elasticsearch does not answer, or has no such index.
    #[error(transparent)]
    Index(#[from] PipelineError),
}

/// An error with all its causes.
pub(crate) fn in_a_line(error: &ReadError) -> String {
    let (mut said, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}
