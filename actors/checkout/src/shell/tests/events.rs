//! The Bank's events, as a test lets them happen.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bancada_kernel::MerchantId;
use tokio::sync::Notify;

use crate::order::Refund;
use crate::ports::{Reached, RefundBatch, RefundSource, RefundSourceError, RefundStream};

#[derive(Clone, Default)]
pub(super) struct ScriptedEvents(Arc<Events>);

#[derive(Default)]
struct Events {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    /// By their positions, from 1.
    past: Vec<Option<Refund>>,
    /// How often a connection was asked for, and from where.
    opened_after: Vec<u64>,
    /// Positions beyond it are of another past.
    is_cut: bool,
}

impl ScriptedEvents {
    /// Something happens at the Bank: a refund, or what is nobody's business here.
    pub(super) fn happens(&self, refund: Option<Refund>) {
        self.0.state.lock().unwrap().past.push(refund);
        self.0.news.notify_waiters();
    }

    /// The Bank loses all its events.
    pub(super) fn are_lost(&self) {
        let mut state = self.0.state.lock().unwrap();
        state.past.clear();
        state.is_cut = true;
        drop(state);
        self.0.news.notify_waiters();
    }

    pub(super) fn opened_after(&self) -> Vec<u64> {
        self.0.state.lock().unwrap().opened_after.clone()
    }
}

#[async_trait]
impl RefundSource for ScriptedEvents {
    async fn open(
        &self,
        merchant: &MerchantId,
        after: &[Reached],
    ) -> Result<Box<dyn RefundStream>, RefundSourceError> {
        assert_eq!(merchant.as_str(), "loja");
        let position = after.first().map_or(0, |reached| reached.position);
        let mut state = self.0.state.lock().unwrap();
        state.opened_after.push(position);
        if position > state.past.len() as u64 {
            return Err(RefundSourceError::OtherPast("beyond the end".to_owned()));
        }
        state.is_cut = false;
        Ok(Box::new(Stream { events: self.clone(), position }))
    }
}

struct Stream {
    events: ScriptedEvents,
    position: u64,
}

impl Stream {
    fn read(&mut self) -> Option<Result<RefundBatch, RefundSourceError>> {
        let state = self.events.0.state.lock().unwrap();
        if state.is_cut {
            return Some(Err(RefundSourceError::Away("the bank is gone".to_owned())));
        }
        let event = state.past.get(usize::try_from(self.position).unwrap())?;
        self.position += 1;
        let reached = Some(Reached { position: self.position, event: None });
        Some(Ok(RefundBatch { refunds: event.clone().into_iter().collect(), reached }))
    }
}

#[async_trait]
impl RefundStream for Stream {
    async fn next(&mut self) -> Result<RefundBatch, RefundSourceError> {
        let events = self.events.clone();
        let news = events.0.news.notified();
        if let Some(read) = self.read() {
            return read;
        }
        // A Bank without news says so.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), news).await;
        self.read().unwrap_or_else(|| Ok(RefundBatch::default()))
    }
}
