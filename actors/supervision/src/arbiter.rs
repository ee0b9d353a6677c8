//! The thread on which a supervisor's children live.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_rt::{Arbiter, ArbiterHandle};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A thread, shared with the parent's children or owned.
#[derive(Debug)]
pub(crate) struct Place {
    thread: ArbiterHandle,
    /// A child here could not even be killed: its thread is blocked, and nobody else will answer.
    is_blocked: Arc<AtomicBool>,
    /// The arbiter, when it is ours to stop and join.
    owned: Option<Arbiter>,
}

impl Place {
    /// The thread that runs now.
    pub(crate) fn current() -> Option<Self> {
        let thread = Arbiter::try_current()?;
        Some(Self { thread, is_blocked: Arc::default(), owned: None })
    }

    /// The same thread, for a supervisor further down.
    pub(crate) fn share(&self) -> Self {
        let (thread, is_blocked) = (self.thread.clone(), Arc::clone(&self.is_blocked));
        Self { thread, is_blocked, owned: None }
    }

    /// A new thread.
    pub(crate) fn own() -> std::io::Result<Self> {
        let arbiter = Arbiter::try_new()?;
        let thread = arbiter.handle();
        Ok(Self { thread, is_blocked: Arc::default(), owned: Some(arbiter) })
    }

    /// Runs a function on the thread; false when the thread has ended.
    pub(crate) fn run(&self, function: impl FnOnce() + Send + 'static) -> bool {
        self.thread.spawn_fn(function)
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    pub(crate) fn set_blocked(&self) {
        self.is_blocked.store(true, Ordering::Relaxed);
    }

    /// Stops and joins the thread if it is ours. A blocked thread is left behind: there is no way
    /// to end it but the end of the process.
    pub(crate) async fn close(mut self, deadline: Duration) {
        let Some(arbiter) = self.owned.take() else { return };
        arbiter.stop();
        if self.is_blocked() {
            tracing::error!("a blocked thread is left behind");
            return;
        }
        // Joining blocks, so a thread of its own does it; not one of the runtime's blocking pool,
        // because a runtime waits for its pool when it is dropped.
        let (joined_tx, joined) = oneshot::channel();
        let joiner = std::thread::Builder::new().name("arbiter-join".to_owned());
        let spawned = joiner.spawn(move || {
            let is_clean = arbiter.join().is_ok();
            // Nobody waits any more when the deadline has passed.
            let _ = joined_tx.send(is_clean);
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "failed to start the thread that joins an arbiter");
            return;
        }
        match timeout(deadline, joined).await {
            Ok(Ok(true)) => {}
            Ok(_) => tracing::error!("an arbiter's thread panicked"),
            Err(_) => tracing::error!("an arbiter's thread did not end in time"),
        }
    }
}

impl Drop for Place {
    /// Only a supervisor that panicked gets here with its thread: nobody joins it, but it ends.
    fn drop(&mut self) {
        if let Some(arbiter) = &self.owned {
            arbiter.stop();
        }
    }
}
