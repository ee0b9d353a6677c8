//! An actor's current address, for holders that outlive the actor.

use std::fmt;
use std::sync::Arc;

use actix::{Actor, Addr};
use tokio::sync::watch;

/// Where a Handle finds the current address of a child.
///
/// Create it first, give it to the child's spec and keep a clone. An in-place restart keeps the
/// address; a re-creation (one-for-all, rest-for-one, a restarted subtree) publishes a new one.
pub struct Link<A: Actor>(Arc<watch::Sender<Option<Addr<A>>>>);

impl<A: Actor> Link<A> {
    /// A link to a child that does not run yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// The current address; `None` while there is no child.
    ///
    /// Mail waits while a child restarts in place, so an address is no promise of a quick answer.
    pub fn get(&self) -> Option<Addr<A>> {
        self.0.borrow().clone()
    }

    /// Uses the current address without cloning it: `link.with(|addr| addr.send(message))`.
    ///
    /// A cloned address costs an allocation, and grows the mailbox by one. `using` must not block.
    pub fn with<T>(&self, using: impl FnOnce(&Addr<A>) -> T) -> Option<T> {
        self.0.borrow().as_ref().map(using)
    }

    /// Waits until there is an address. Give it a timeout: the child may never come back.
    pub async fn wait(&self) -> Addr<A> {
        let mut addresses = self.0.subscribe();
        loop {
            if let Some(addr) = addresses.borrow_and_update().clone() {
                return addr;
            }
            // The sender lives in `self`, so the channel cannot close under us.
            let _ = addresses.changed().await;
        }
    }

    pub(crate) fn publish(&self, addr: Addr<A>) {
        self.0.send_replace(Some(addr));
    }

    /// Forgets `addr`, unless a newer child has published its own in the meantime.
    pub(crate) fn withdraw(&self, addr: &Addr<A>) {
        self.0.send_if_modified(|current| {
            let is_ours = current.as_ref() == Some(addr);
            if is_ours {
                *current = None;
            }
            is_ours
        });
    }
}

impl<A: Actor> Clone for Link<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Actor> Default for Link<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Actor> fmt::Debug for Link<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("is_up", &self.0.borrow().is_some()).finish()
    }
}
