//! The actor that fetches what a card missed from the Bank's own past, and asks the Bank how far
//! it is where the source does not know.
//!
//! It works beside the follower: other cards never wait for one that is being repaired, and what
//! both bring is applied once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_kernel::{CardToken, PaymentEvent, Shard};
use bancada_supervision::{Retry, SupervisedActor};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::freshness::Progress;
use crate::past::Proof;
use crate::ports::{EventRepair, SourceError, SourceRecord, StoreError, Surroundings};
use crate::shell::writer_thread::{Job, Release, WriterQueue};
use crate::statement::HeldCard;

/// Events read at once.
const PAGE: usize = 512;
/// After a repair that did not help.
const RETRY: Retry =
    Retry::between(Duration::from_millis(500), Duration::from_secs(30)).jitter(0.2);
/// How often the Bank is asked how far it is.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The actor.
#[derive(Clone)]
pub(crate) struct Repairer {
    pub(crate) repair: Arc<dyn EventRepair>,
    pub(crate) writer: WriterQueue,
    pub(crate) progress: Progress,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// Woken when a card waits for missed events.
    pub(crate) wake: Arc<Notify>,
}

/// Why a repair did not get through.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Repairer {
    async fn work(self) {
        let (mut attempts, mut proof) = (RETRY.attempts(), Proof::default());
        loop {
            match self.repair_all().await {
                Ok(0) => {
                    attempts.succeeded();
                    self.wait(&mut proof).await;
                    continue;
                }
                Ok(n_cards) => tracing::warn!(n_cards, "cards still wait for missed events"),
                Err(error) => tracing::warn!(%error, "missed events cannot be fetched"),
            }
            let unit = self.surroundings.random_unit();
            sleep(attempts.failed(unit)).await;
        }
    }

    /// Waits until a card waits for missed events, and the Bank's past is the one that was read.
    async fn wait(&self, proof: &mut Proof) {
        let is_woken = async || timeout(ASK_EVERY, self.wake.notified()).await.is_ok();
        while !is_woken().await || self.progress.other_past().is_some() {
            if self.progress.does_source_tell() || self.progress.other_past().is_some() {
                continue;
            }
            match self.ask(proof).await {
                Ok(()) => {}
                Err(Failure::Source(SourceError::OtherPast(why))) => {
                    tracing::error!(why, "the bank has another past, nothing is followed");
                    self.progress.set_other_past(Some(&why));
                }
                // The freshness grows old, and says so.
                Err(error) => tracing::debug!(%error, "the bank does not say how far it is"),
            }
        }
    }

    /// Asks the Bank how far it is, and whether it still has what was read of it: a broker says
    /// neither.
    async fn ask(&self, proof: &mut Proof) -> Result<(), Failure> {
        let reached = self.writer.ask(Job::Reached).await?;
        self.repair.prove(&proof.asked(&reached)).await?;
        proof.confirmed(reached);
        let positions = self.repair.committed_positions().await?;
        self.progress.committed_everywhere(positions);
        Ok(())
    }

    /// Reads the past from the earliest gap on; the result is how many cards still wait.
    async fn repair_all(&self) -> Result<u64, Failure> {
        if self.progress.other_past().is_some() {
            return Ok(0);
        }
        // Counted first: what cannot be read from now on is not answered by what is read below.
        let n_dead_letters = self.progress.statistics().n_dead_letters;
        let found = self.writer.ask(Job::Held).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let tokens: HashSet<_> = found.iter().map(|card| card.token.clone()).collect();
        for after in self.gaps(&found).await? {
            tracing::info!(n_cards = tokens.len(), after, "fetching events that cards missed");
            if self.repair_after(after, &tokens).await? {
                return Ok(0);
            }
        }
        let release = Release { found, n_dead_letters };
        Ok(self.writer.ask(|reply| Job::Release(release, reply)).await?)
    }

    /// Where reading begins in each shard that has an earliest gap. A card of which nothing is
    /// known may be in any shard.
    async fn gaps(&self, found: &[HeldCard]) -> Result<Vec<u64>, Failure> {
        let mut gaps: BTreeMap<Shard, u64> = BTreeMap::new();
        let (strangers, known): (Vec<_>, Vec<_>) = found.iter().partition(|it| it.position == 0);
        let beginnings =
            if strangers.is_empty() { Vec::new() } else { self.repair.beginnings().await? };
        for position in known.into_iter().map(|card| card.position).chain(beginnings) {
            let earliest = gaps.entry(Shard::of_position(position)).or_insert(position);
            *earliest = position.min(*earliest);
        }
        Ok(gaps.into_values().collect())
    }

    /// Reads a shard's past from there on; whether no card waits any more.
    async fn repair_after(
        &self,
        mut after: u64,
        tokens: &HashSet<CardToken>,
    ) -> Result<bool, Failure> {
        loop {
            let events = self.repair.read(after, PAGE).await?;
            let Some(last) = events.last().map(|event| event.position) else { return Ok(false) };
            if last <= after {
                return Err(SourceError::Away(format!("events after {after} end at {last}")).into());
            }
            after = last;
            let records: Vec<_> =
                events.into_iter().filter(|event| concerns(event, tokens)).map(again).collect();
            if !records.is_empty()
                && self.writer.ask(|reply| Job::Apply(records, reply)).await? == 0
            {
                return Ok(true);
            }
        }
    }
}

fn concerns(event: &PaymentEvent, tokens: &HashSet<CardToken>) -> bool {
    event.card.as_ref().is_some_and(|card| tokens.contains(&card.token))
}

/// The event once more, without a place in the source: offsets stay as they are.
fn again(event: PaymentEvent) -> SourceRecord {
    SourceRecord { at: None, event: Ok(event) }
}

impl Actor for Repairer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(wrap_future(self.clone().work()));
    }
}

impl Supervised for Repairer {}

impl SupervisedActor for Repairer {}
