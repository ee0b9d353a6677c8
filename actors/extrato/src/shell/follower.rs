//! The actor that reads the source of events and hands them to the writer.
//!
//! One batch is on its way at a time: the writer's pace is the source's, and nothing piles up
//! in between. After any failure it begins again at the offsets that were kept with the rows.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_supervision::{Attempts, Retry, SupervisedActor};
use tokio::time::{sleep, timeout};

use crate::freshness::Progress;
use crate::past::{OtherEvent, Proof, ReadEvents};
use crate::ports::{EventRepair, EventSource, SourceError, StoreError, Surroundings};
use crate::shell::writer_thread::{Job, WriterQueue};

const RETRY: Retry = Retry::between(Duration::from_millis(100), Duration::from_secs(5)).jitter(0.2);
/// How long connecting may take.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);

/// The actor.
#[derive(Clone)]
pub(crate) struct Follower {
    pub(crate) source: Arc<dyn EventSource>,
    /// The Bank itself, whatever the source is.
    pub(crate) bank: Arc<dyn EventRepair>,
    pub(crate) writer: WriterQueue,
    pub(crate) progress: Progress,
    pub(crate) surroundings: Arc<dyn Surroundings>,
}

/// Why following stopped for a while.
#[derive(Debug, thiserror::Error)]
enum Interruption {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the bank has another past than the statement: {0}")]
    OtherEvent(#[from] OtherEvent),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Follower {
    async fn follow(self) {
        let (mut attempts, mut proof) = (RETRY.attempts(), Proof::default());
        loop {
            let Err(error) = self.session(&mut attempts, &mut proof).await;
            self.progress.set_connected(false);
            let of_store = matches!(error, Interruption::Store(_)).then(|| error.to_string());
            self.progress.set_store_failure(of_store);
            match &error {
                Interruption::Source(SourceError::OtherPast(why)) => {
                    self.progress.set_other_past(Some(why));
                }
                Interruption::OtherEvent(other) => {
                    proof.doubt(other.read);
                    self.progress.set_other_past(Some(&other.to_string()));
                }
                _ => {}
            }
            let unit = self.surroundings.random_unit();
            let delay = attempts.failed(unit);
            let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(%error, delay_ms, "the statement does not follow, it tries again");
            sleep(delay).await;
        }
    }

    /// Follows until something fails; a batch that was applied makes earlier failures forgotten.
    async fn session(
        &self,
        attempts: &mut Attempts,
        proof: &mut Proof,
    ) -> Result<Infallible, Interruption> {
        let after = self.writer.ask(Job::Offsets).await?;
        let reached = self.writer.ask(Job::Reached).await?;
        // A broker goes on while the Bank is away, and its source is away without it.
        match self.bank.prove(&proof.asked(&reached)).await {
            Ok(()) => {
                proof.confirmed(reached.clone());
                self.progress.set_other_past(None);
            }
            Err(SourceError::Away(_)) if self.progress.other_past().is_none() => {}
            Err(error) => return Err(error.into()),
        }
        if self.progress.freshness().is_being_rebuilt {
            // Where it is away, it is asked again, by the repairer at the latest.
            match self.bank.committed_positions().await {
                Ok(positions) => self.progress.committed_everywhere(positions),
                Err(error) => tracing::debug!(%error, "the bank does not say how far it is"),
            }
        }
        let opened = timeout(OPEN_DEADLINE, self.source.open(after, &reached)).await;
        let late = |_| Err(SourceError::Away(format!("no connection within {OPEN_DEADLINE:?}")));
        let mut stream = opened.unwrap_or_else(late)?;
        self.progress.set_connected(true);
        self.progress.set_store_failure(None);
        let mut events = ReadEvents::up_to(&reached);
        loop {
            let batch = tokio::select! {
                biased;
                why = self.progress.is_other_past() => {
                    return Err(SourceError::OtherPast(why.to_string()).into());
                }
                batch = stream.next() => batch?,
            };
            self.progress.heard(self.surroundings.now(), batch.committed_position);
            if !batch.records.is_empty() {
                events.follow(&batch.records)?;
                self.writer.ask(|reply| Job::Apply(batch.records, reply)).await?;
            }
            attempts.succeeded();
        }
    }
}

impl Actor for Follower {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(wrap_future(self.clone().follow()));
    }
}

impl Supervised for Follower {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.progress.set_connected(false);
    }
}

impl SupervisedActor for Follower {}
