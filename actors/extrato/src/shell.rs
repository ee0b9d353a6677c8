//! The statement's actors, one per file, the writer's thread, and those who follow a card.

pub(crate) mod follower;
pub(crate) mod forwarder;
pub(crate) mod payer;
pub(crate) mod projector;
pub(crate) mod reconciler;
pub(crate) mod repairer;
pub(crate) mod subscribers;
#[cfg(test)]
mod tests;
pub(crate) mod writer_thread;
