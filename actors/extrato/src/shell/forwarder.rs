//! The actor that hands on records that could not be read.
//!
//! The rows are its queue: a record is in them in the transaction that passed it by, and is handed
//! on whenever the sink takes it. Nobody waits for that.

use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_supervision::{Retry, SupervisedActor};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::ports::{DeadLetterSink, DeadLetterSinkError, StoreError, Surroundings};
use crate::shell::writer_thread::{Job, WriterQueue};

const RETRY: Retry =
    Retry::between(Duration::from_millis(200), Duration::from_secs(10)).jitter(0.2);
/// Records looked up at once.
const BATCH: usize = 32;

/// The actor.
#[derive(Clone)]
pub(crate) struct Forwarder {
    pub(crate) sink: Arc<dyn DeadLetterSink>,
    pub(crate) writer: WriterQueue,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// Woken when a record was put aside.
    pub(crate) wake: Arc<Notify>,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Sink(#[from] DeadLetterSinkError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Forwarder {
    async fn work(self) {
        let mut attempts = RETRY.attempts();
        loop {
            match self.hand_on_all().await {
                Ok(()) => {
                    attempts.succeeded();
                    self.wake.notified().await;
                }
                Err(error) => {
                    tracing::warn!(%error, "dead letters wait");
                    let unit = self.surroundings.random_unit();
                    sleep(attempts.failed(unit)).await;
                }
            }
        }
    }

    /// Hands on until nothing is left.
    async fn hand_on_all(&self) -> Result<(), Failure> {
        loop {
            let letters = self.writer.ask(|reply| Job::WaitingDeadLetters(BATCH, reply)).await?;
            if letters.is_empty() {
                return Ok(());
            }
            for letter in letters {
                match self.sink.put(&letter).await {
                    Ok(()) => {}
                    // It stays in the rows, where people find it; the others go on.
                    Err(error @ DeadLetterSinkError::Refused(_)) => {
                        tracing::error!(id = letter.id, %error, "a dead letter is not handed on");
                    }
                    Err(error @ DeadLetterSinkError::Away(_)) => return Err(error.into()),
                }
                self.writer.ask(|reply| Job::HandedOn(Box::new(letter), reply)).await?;
            }
        }
    }
}

impl Actor for Forwarder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(wrap_future(self.clone().work()));
    }
}

impl Supervised for Forwarder {}

impl SupervisedActor for Forwarder {}
