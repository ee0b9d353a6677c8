//! Those who follow a card. Nobody waits for them: who does not keep up is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bancada_kernel::CardToken;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::limits::Limits;
use crate::statement::Update;

/// Everyone who follows a card. Clones share them.
#[derive(Clone)]
pub(crate) struct Subscribers {
    by_card: Arc<Mutex<ByCard>>,
    limits: Limits,
}

type ByCard = HashMap<CardToken, Vec<Sender<Arc<Update>>>>;

impl Subscribers {
    pub(crate) fn new(limits: Limits) -> Subscribers {
        Subscribers { by_card: Arc::default(), limits }
    }

    /// Follows a card from now on; `None` when as many follow as may.
    pub(crate) fn add(&self, token: &CardToken) -> Option<Receiver<Arc<Update>>> {
        let mut by_card = self.lock();
        if count(&by_card) >= self.limits.max_subscribers {
            retain(&mut by_card, |subscriber| !subscriber.is_closed());
            if count(&by_card) >= self.limits.max_subscribers {
                return None;
            }
        }
        let (sender, receiver) = mpsc::channel(self.limits.subscriber_buffer.max(1));
        by_card.entry(token.clone()).or_default().push(sender);
        Some(receiver)
    }

    /// Tells the news; the result is how many were dropped because they had left too much unread.
    pub(crate) fn publish(&self, updates: Vec<Update>) -> u64 {
        let mut by_card = self.lock();
        let mut n_dropped = 0;
        for update in updates {
            let token = update.card.state.token.clone();
            let Some(subscribers) = by_card.get_mut(&token) else { continue };
            let update = Arc::new(update);
            subscribers.retain(|subscriber| match subscriber.try_send(Arc::clone(&update)) {
                Ok(()) => true,
                Err(error) => {
                    n_dropped += u64::from(matches!(error, mpsc::error::TrySendError::Full(_)));
                    false
                }
            });
            if subscribers.is_empty() {
                by_card.remove(&token);
            }
        }
        n_dropped
    }

    /// Ends every subscription.
    pub(crate) fn drop_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, ByCard> {
        self.by_card.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(by_card: &ByCard) -> usize {
    by_card.values().map(Vec::len).sum()
}

fn retain(by_card: &mut ByCard, keep: impl Fn(&Sender<Arc<Update>>) -> bool) {
    by_card.retain(|_, subscribers| {
        subscribers.retain(&keep);
        !subscribers.is_empty()
    });
}
