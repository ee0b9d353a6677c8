//! Delivers the feed to a broker and remembers how far it came.
//!
//! The journal is the outbox: this actor only reads it. At least once: the cursor moves after
//! the broker has acknowledged everything before it, and may lag behind a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Supervised};
use bancada_supervision::{ExitContext as _, Retry, SupervisedActor};

use crate::feed::Feed;
use crate::ports::{DeliveryCursor, EventPublisher, JournalError};

/// After a broker that did not acknowledge.
const RETRY: Retry = Retry::between(Duration::from_millis(100), Duration::from_secs(5));

/// What the outbox works with, and what it shows.
#[derive(Clone)]
pub(crate) struct OutboxParts {
    pub(crate) feed: Feed,
    pub(crate) publisher: Arc<dyn EventPublisher>,
    pub(crate) cursor: Arc<dyn DeliveryCursor>,
    pub(crate) delivered: Arc<AtomicU64>,
}

/// The actor.
pub(crate) struct Outbox {
    parts: OutboxParts,
}

impl Outbox {
    pub(crate) fn new(parts: OutboxParts) -> Outbox {
        Outbox { parts }
    }
}

impl OutboxParts {
    /// Delivers until the journal or the cursor fails; a broker that is away is waited for.
    async fn deliver(self) -> JournalError {
        match self.deliver_all().await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn deliver_all(&self) -> Result<std::convert::Infallible, JournalError> {
        let start = self.with_cursor(|cursor| cursor.load()).await?;
        self.delivered.store(start, Ordering::Relaxed);
        let mut reader = self.feed.subscribe(start);
        loop {
            let batch = reader.next_batch().await?;
            let mut attempts = RETRY.attempts();
            while let Err(error) = self.publisher.publish(&batch.events).await {
                let delay = attempts.failed(0.0);
                let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(%error, delay_ms, "events are delivered again after a delay");
                tokio::time::sleep(delay).await;
            }
            if let Some(last) = batch.events.last().map(|event| event.position) {
                match self.with_cursor(move |cursor| cursor.save(last)).await {
                    // Forgetting it costs a second delivery after a restart, and no more.
                    Err(JournalError::Full) => tracing::warn!("no room to remember a delivery"),
                    saved => saved?,
                }
                self.delivered.store(last, Ordering::Relaxed);
            }
        }
    }

    async fn with_cursor<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn DeliveryCursor) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let cursor = Arc::clone(&self.cursor);
        let done = tokio::task::spawn_blocking(move || work(&*cursor)).await;
        done.map_err(|error| JournalError::Failed(error.to_string()))?
    }
}

impl Actor for Outbox {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let delivering = wrap_future::<_, Self>(self.parts.clone().deliver());
        ctx.spawn(delivering.map(|error, _, ctx| ctx.fail(error.to_string())));
    }
}

impl Supervised for Outbox {}

impl SupervisedActor for Outbox {}
