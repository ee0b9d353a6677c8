//! The shop's actors, one per file, and the store's thread.

pub(crate) mod follower;
mod following;
mod inquiry;
pub(crate) mod open_order;
pub(crate) mod orders;
pub(crate) mod store;
pub(crate) mod store_thread;
#[cfg(test)]
mod tests;
