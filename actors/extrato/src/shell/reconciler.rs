//! The actor that holds the statement against the Bank, card by card.
//!
//! A gap shows itself by what comes after it. What a broker lost at the end of a card's events
//! does not: for this the Bank is asked how many events each card has had, and a card that has had
//! fewer here is made to wait for what it missed, which the repairer fetches.

use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_supervision::SupervisedActor;
use tokio::time::sleep;

use crate::freshness::Progress;
use crate::ports::{BankCard, EventRepair, SourceError, StoreError};
use crate::shell::writer_thread::{Job, WriterQueue};

/// The wait before the first round: a start has other things to do.
const FIRST: Duration = Duration::from_secs(15);
const EVERY: Duration = Duration::from_secs(60);
/// How long events may take from the Bank to the statement when both are well.
const ON_ITS_WAY: Duration = Duration::from_secs(10);
/// Cards compared in one transaction.
const CARDS: usize = 500;

/// The actor.
#[derive(Clone)]
pub(crate) struct Reconciler {
    pub(crate) repair: Arc<dyn EventRepair>,
    pub(crate) writer: WriterQueue,
    pub(crate) progress: Progress,
}

/// Why a round did not get through.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Reconciler {
    async fn work(self) {
        sleep(FIRST).await;
        loop {
            match self.round().await {
                Ok(0) => {}
                Ok(n_cards) => tracing::warn!(n_cards, "cards had missed events at their end"),
                Err(error) => tracing::debug!(%error, "the statement is not held against the bank"),
            }
            sleep(EVERY).await;
        }
    }

    /// Compares every card once; how many were behind.
    async fn round(&self) -> Result<u64, Failure> {
        if self.progress.other_past().is_some() {
            return Ok(0);
        }
        let cards = self.cards().await?;
        self.progress.committed_everywhere(self.repair.committed_positions().await?);
        let before = self.progress.freshness();
        sleep(ON_ITS_WAY).await;
        let after = self.progress.freshness();
        let has_passed = after.applied_position >= before.committed_position;
        let is_idle = after.applied_position == before.applied_position;
        if !has_passed && !is_idle {
            // It is catching up: what it misses may still come.
            return Ok(0);
        }
        let mut n_behind = 0;
        for cards in cards.chunks(CARDS) {
            let cards = cards.to_vec();
            n_behind += self.writer.ask(|reply| Job::HoldBehind(cards, reply)).await?;
        }
        self.progress.count_behind(n_behind);
        Ok(n_behind)
    }

    async fn cards(&self) -> Result<Vec<BankCard>, SourceError> {
        let mut cards: Vec<BankCard> = Vec::new();
        loop {
            let page = self.repair.cards(cards.last().map(|card| &card.token)).await?;
            if page.is_empty() {
                return Ok(cards);
            }
            cards.extend(page);
        }
    }
}

impl Actor for Reconciler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(wrap_future(self.clone().work()));
    }
}

impl Supervised for Reconciler {}

impl SupervisedActor for Reconciler {}
