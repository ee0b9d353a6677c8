//! Questions to the store, as many at once as may.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::answer::ReadError;
use crate::ports::{StatementReader, StoreError};
use crate::shell::writer_thread::WriterQueue;

/// The way to the rows: each question runs on a thread that may block.
#[derive(Clone)]
pub(crate) struct Reading {
    reader: Arc<dyn StatementReader>,
    permits: Arc<Semaphore>,
    /// Told of damage.
    writer: WriterQueue,
}

impl Reading {
    pub(crate) fn new(
        reader: Arc<dyn StatementReader>,
        max_readers: usize,
        writer: WriterQueue,
    ) -> Reading {
        Reading { reader, permits: Arc::new(Semaphore::new(max_readers)), writer }
    }

    /// Asks if there is room now.
    pub(crate) async fn at_once<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn StatementReader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = self.permits.try_acquire().map_err(|_| ReadError::Overloaded)?;
        self.ask(permit, question).await
    }

    /// Waits for room; for those who follow a card, whose number has a limit of its own: after a
    /// restart they all come back in the same moment, and none needs to be sent away.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn StatementReader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let permit = self.permits.acquire().await.map_err(|_| ReadError::Unavailable)?;
        self.ask(permit, question).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        _permit: SemaphorePermit<'_>,
        question: impl FnOnce(&dyn StatementReader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let (reader, n_made_anew) = (Arc::clone(&self.reader), self.writer.n_made_anew());
        match tokio::task::spawn_blocking(move || question(&*reader)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(StoreError::Damaged(why))) => {
                tracing::warn!(why, "the statement is damaged");
                self.writer.tell_damaged(n_made_anew, why);
                Err(ReadError::Unavailable)
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the statement cannot be read");
                Err(ReadError::Unavailable)
            }
            Err(error) => {
                tracing::error!(%error, "a reader of the statement panicked");
                Err(ReadError::Unavailable)
            }
        }
    }
}
