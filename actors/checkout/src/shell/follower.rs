//! The actor that follows the Bank's events, for what becomes of a charge after it was told.
//!
//! How far it came is kept in the transaction of the orders that changed; to read some events
//! again changes nothing. So it is kept seldom while nothing is returned.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_kernel::MerchantId;
use bancada_supervision::{Attempts, Retry, SupervisedActor};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::ports::{RefundSource, RefundSourceError, StoreError, Surroundings};
use crate::shell::store_thread::{Following, Job, StoreQueue};

const RETRY: Retry = Retry::between(Duration::from_millis(100), Duration::from_secs(5)).jitter(0.5);
/// Connecting, and the longest silence: a Bank without news says so every five seconds.
const HEARS_WITHIN: Duration = Duration::from_secs(20);
/// How often a place without refunds is kept: so much is read again after a start, at most.
const KEEP_EVERY: Duration = Duration::from_secs(30);

/// The actor.
#[derive(Clone)]
pub(crate) struct Follower {
    pub(crate) source: Arc<dyn RefundSource>,
    pub(crate) store: StoreQueue,
    pub(crate) merchant: MerchantId,
    pub(crate) surroundings: Arc<dyn Surroundings>,
}

/// Why following stopped for a while.
#[derive(Debug, thiserror::Error)]
enum Interruption {
    #[error(transparent)]
    Source(#[from] RefundSourceError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the order store is being opened")]
    NoStore,
}

impl Follower {
    async fn follow(self) {
        let (mut attempts, mut begins_anew) = (RETRY.attempts(), false);
        loop {
            let Err(error) = self.session(&mut attempts, begins_anew).await;
            // Whatever is told again changes nothing, and what a Bank that was put back does not
            // have was given up by whoever runs it.
            begins_anew |= matches!(error, Interruption::Source(RefundSourceError::OtherPast(_)));
            let unit = self.surroundings.random_unit();
            let delay = attempts.failed(unit);
            match attempts.n_failures() {
                1 => tracing::warn!(%error, "the shop does not hear of refunds, it tries again"),
                n_failures => {
                    tracing::debug!(%error, n_failures, "the shop does not hear of refunds yet")
                }
            }
            sleep(delay).await;
        }
    }

    async fn session(
        &self,
        attempts: &mut Attempts,
        begins_anew: bool,
    ) -> Result<Infallible, Interruption> {
        let kept = self.ask(Job::Reached).await?;
        let after = if begins_anew { Vec::new() } else { kept };
        let mut stream = within(self.source.open(&self.merchant, &after)).await?;
        let mut kept_at = Instant::now();
        loop {
            let batch = within(stream.next()).await?;
            attempts.succeeded();
            let Some(reached) = batch.reached else { continue };
            if batch.refunds.is_empty() && kept_at.elapsed() < KEEP_EVERY {
                continue;
            }
            self.keep(Following { refunds: batch.refunds, reached }).await?;
            kept_at = Instant::now();
        }
    }

    async fn keep(&self, following: Following) -> Result<(), Interruption> {
        let now = self.surroundings.now();
        self.ask(|reply| Job::Follow { following, now, reply }).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, Interruption> {
        let (reply, answer) = oneshot::channel();
        if !self.store.send(job(reply)) {
            return Err(Interruption::NoStore);
        }
        match answer.await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(Interruption::NoStore),
        }
    }
}

async fn within<T>(
    answer: impl Future<Output = Result<T, RefundSourceError>>,
) -> Result<T, RefundSourceError> {
    let late = |_| Err(RefundSourceError::Away(format!("nothing was heard for {HEARS_WITHIN:?}")));
    timeout(HEARS_WITHIN, answer).await.unwrap_or_else(late)
}

impl Actor for Follower {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(wrap_future(self.clone().follow()));
    }
}

impl Supervised for Follower {}

impl SupervisedActor for Follower {}
