//! The one thread that keeps orders: group commit without a timer, as the Bank's journal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use bancada_kernel::{OrderId, Timestamp};
use tokio::sync::oneshot;

use crate::order::Order;
use crate::ports::{OrderCursor, OrderStore, Reached, StoreError, Write, Written};
pub(crate) use crate::shell::following::Following;
use crate::shell::following::{Early, follow};

/// Jobs taken at once: bounds the transaction and the longest wait.
const MAX_BATCH: usize = 512;

/// Where the answer to a job goes. Dropped unanswered when the thread ended before it.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread is asked to do. Whoever reads sees every write asked for before.
pub(crate) enum Job {
    Write(Box<Write>, Reply<Written>),
    Get(OrderId, Reply<Option<Order>>),
    List { before: Option<OrderCursor>, limit: usize, reply: Reply<Vec<(OrderCursor, Order)>> },
    Unresolved(Reply<Vec<Order>>),
    Reached(Reply<Vec<Reached>>),
    Follow { following: Following, now: Timestamp, reply: Reply<()> },
    Stop,
}

/// The queue of the current thread. Replaced when the store is started anew.
#[derive(Clone, Default)]
pub(crate) struct StoreQueue {
    queue: Arc<Mutex<Option<Sender<Job>>>>,
    /// Whether the last write found no room.
    pub(crate) is_full: Arc<AtomicBool>,
}

impl StoreQueue {
    /// Asks for something; false when there is no thread.
    pub(crate) fn send(&self, job: Job) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().is_some_and(|queue| queue.send(job).is_ok())
    }

    pub(crate) fn set(&self, queue: Option<Sender<Job>>) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = queue;
    }
}

/// Serves jobs until told to stop, or until the store fails: then nobody knows what is durable
/// until it is opened again.
pub(crate) fn run(
    store: &mut dyn OrderStore,
    jobs: &Receiver<Job>,
    is_full: &AtomicBool,
) -> Result<(), StoreError> {
    let (mut batch, mut early) = (Vec::with_capacity(MAX_BATCH), Early::default());
    while let Ok(job) = jobs.recv() {
        batch.push(job);
        batch.extend(jobs.try_iter().take(MAX_BATCH - 1));
        if !serve(store, &mut batch, &mut early, is_full)? {
            break;
        }
    }
    Ok(())
}

/// Commits the writes of a batch, then answers its readers; false when it was told to stop.
fn serve(
    store: &mut dyn OrderStore,
    batch: &mut Vec<Job>,
    early: &mut Early,
    is_full: &AtomicBool,
) -> Result<bool, StoreError> {
    let mut goes_on = true;
    let (mut writes, mut writers, mut readers) = (Vec::new(), Vec::new(), Vec::new());
    let mut followings = Vec::new();
    for job in batch.drain(..) {
        match job {
            Job::Write(mut write, reply) => {
                early.join(&mut write);
                writes.push(*write);
                writers.push(reply);
            }
            Job::Stop => goes_on = false,
            Job::Follow { following, now, reply } => followings.push((following, now, reply)),
            reader => readers.push(reader),
        }
    }
    commit(store, &writes, writers, is_full)?;
    for (following, now, reply) in followings {
        let followed = follow(store, early, &following, now);
        let failure = followed.clone().err().filter(|error| matches!(error, StoreError::Failed(_)));
        let _ = reply.send(followed);
        failure.map_or(Ok(()), Err)?;
    }
    for reader in readers {
        answer(store, reader);
    }
    Ok(goes_on)
}

fn commit(
    store: &mut dyn OrderStore,
    writes: &[Write],
    writers: Vec<Reply<Written>>,
    is_full: &AtomicBool,
) -> Result<(), StoreError> {
    if writes.is_empty() {
        return Ok(());
    }
    // A writer that no longer waits finds its order when it asks again with its key.
    let written = store.write(writes);
    is_full.store(written.as_ref().err() == Some(&StoreError::Full), Ordering::Release);
    match written {
        Ok(written) => {
            for (reply, written) in writers.into_iter().zip(written) {
                let _ = reply.send(Ok(written));
            }
            Ok(())
        }
        // One row that is damaged is nobody else's fault: nothing was written, and each write is
        // tried by itself.
        Err(StoreError::Damaged(_)) if writes.len() > 1 => {
            for (write, reply) in writes.iter().zip(writers) {
                commit(store, std::slice::from_ref(write), vec![reply], is_full)?;
            }
            Ok(())
        }
        Err(error) => {
            tracing::error!(%error, n_writes = writes.len(), "orders were not written");
            for reply in writers {
                let _ = reply.send(Err(error.clone()));
            }
            match error {
                StoreError::Full | StoreError::Damaged(_) => Ok(()),
                StoreError::Failed(_) => Err(error),
            }
        }
    }
}

/// A failed read harms nobody but its reader.
fn answer(store: &mut dyn OrderStore, reader: Job) {
    match reader {
        Job::Get(id, reply) => drop(reply.send(store.get(id))),
        Job::List { before, limit, reply } => drop(reply.send(store.list(before, limit))),
        Job::Unresolved(reply) => drop(reply.send(store.unresolved())),
        Job::Reached(reply) => drop(reply.send(store.reached())),
        Job::Write(..) | Job::Follow { .. } | Job::Stop => {}
    }
}
