//! The actor that asks the Bank for the payments of bills, until an event answers each.
//!
//! What was handed over may still be lost: a broker can lose what it has acknowledged. So a
//! payment without an answer is handed over again, less and less often; its key makes that safe.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, AsyncContext as _, Context, Supervised};
use bancada_kernel::{DeclineReason, IdempotencyKey};
use bancada_supervision::{Retry, SupervisedActor};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::freshness::Progress;
use crate::ports::{BillSendError, BillSender, StoreError, Surroundings};
use crate::shell::writer_thread::{Job, WriterQueue};
use crate::statement::{BillOutcome, BillPayment};

const RETRY: Retry =
    Retry::between(Duration::from_millis(200), Duration::from_secs(10)).jitter(0.2);
/// When a payment that was not answered is handed over again; doubles up to [`MAX_PATIENCE`].
const PATIENCE: Duration = Duration::from_secs(15);
const MAX_PATIENCE: Duration = Duration::from_secs(60 * 60);
/// How long a look at the store is not repeated when nothing is open.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// The actor.
#[derive(Clone)]
pub(crate) struct Payer {
    pub(crate) bills: Arc<dyn BillSender>,
    pub(crate) writer: WriterQueue,
    pub(crate) progress: Progress,
    pub(crate) surroundings: Arc<dyn Surroundings>,
    /// Woken when a payment was asked for.
    pub(crate) wake: Arc<Notify>,
}

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Send(#[from] BillSendError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A payment that was handed over.
struct Sent {
    again_at: Instant,
    patience: Duration,
}

impl Payer {
    async fn work(self) {
        let (mut sent, mut attempts) = (HashMap::new(), RETRY.attempts());
        loop {
            let wait = match self.send_open(&mut sent).await {
                Ok(wait) => {
                    attempts.succeeded();
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, "payments of bills wait");
                    let unit = self.surroundings.random_unit();
                    attempts.failed(unit)
                }
            };
            // Woken or not, it looks again.
            let _ = timeout(wait, self.wake.notified()).await;
        }
    }

    /// Hands over what is due; the result is when the next one is.
    async fn send_open(
        &self,
        sent: &mut HashMap<IdempotencyKey, Sent>,
    ) -> Result<Duration, Failure> {
        if self.progress.other_past().is_some() {
            // What this Bank would answer is of another past.
            return Ok(PATIENCE);
        }
        let open = self.writer.ask(Job::OpenBills).await?;
        sent.retain(|key, _| open.iter().any(|payment| payment.key == *key));
        for payment in &open {
            let known = sent.get(&payment.key);
            if known.is_some_and(|sent| Instant::now() < sent.again_at) {
                continue;
            }
            let patience = known.map_or(PATIENCE, |sent| MAX_PATIENCE.min(2 * sent.patience));
            match self.bills.send(payment).await {
                Err(BillSendError::Never(why)) => {
                    // No event will come, and those behind it must not wait for one.
                    tracing::error!(why, key = %payment.key, "a payment of a bill is refused");
                    let outcome = BillOutcome::Refused(DeclineReason::NotPermitted);
                    let refused = Box::new(BillPayment { outcome, ..payment.clone() });
                    self.writer.ask(|reply| Job::SettleBill(refused, reply)).await?;
                    continue;
                }
                sent => sent?,
            }
            let again_at = Instant::now() + patience;
            sent.insert(payment.key.clone(), Sent { again_at, patience });
        }
        let next = sent.values().map(|sent| sent.again_at).min();
        Ok(next.map_or(IDLE, |next| next.saturating_duration_since(Instant::now())))
    }
}

impl Actor for Payer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(wrap_future(self.clone().work()));
    }
}

impl Supervised for Payer {}

impl SupervisedActor for Payer {}
