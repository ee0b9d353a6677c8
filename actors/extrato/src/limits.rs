//! How much at once.

/// The statement's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Questions to the store at once; more are refused as overload.
    pub max_readers: usize,
    /// Readers who follow a card, at once, over all cards.
    pub max_subscribers: usize,
    /// News that a follower of a card may leave unread before it is dropped.
    pub subscriber_buffer: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_readers: 64, max_subscribers: 1_024, subscriber_buffer: 64 }
    }
}
