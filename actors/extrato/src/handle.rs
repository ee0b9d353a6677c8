//! What the rest of the process holds of the statement.

use std::sync::Arc;

use bancada_kernel::{CardToken, Timestamp};

use crate::answer::{CardList, ReadError, Statement, SubscribeError};
use crate::freshness::{Freshness, FreshnessWatch, Progress, Statistics};
use crate::ports::Surroundings;
use crate::reading::Reading;
use crate::shell::subscribers::Subscribers;
use crate::statement::Filter;
use crate::subscription::Subscription;

/// Lines on a page, at most.
const MAX_PAGE: usize = 200;

/// The statement, from any thread and any tokio runtime. Cheap to clone.
#[derive(Clone)]
pub struct ExtratoHandle {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) reading: Reading,
    pub(crate) progress: Progress,
    pub(crate) subscribers: Subscribers,
    pub(crate) surroundings: Arc<dyn Surroundings>,
}

impl ExtratoHandle {
    pub(crate) fn new(inner: Inner) -> ExtratoHandle {
        ExtratoHandle { inner: Arc::new(inner) }
    }

    /// Every card.
    pub async fn cards(&self) -> Result<CardList, ReadError> {
        // Before the rows: what is told must be in them, and may be less than is in them.
        let (now, freshness) = (self.now(), self.freshness());
        let cards = self.inner.reading.at_once(move |reader| reader.cards(now)).await?;
        Ok(CardList { cards, freshness })
    }

    /// A page of a card's statement, of 1 to 200 lines; `None` when no event of this card has
    /// arrived.
    pub async fn statement(
        &self,
        token: &CardToken,
        filter: Filter,
    ) -> Result<Option<Statement>, ReadError> {
        let (now, freshness, token) = (self.now(), self.freshness(), token.clone());
        let limit = filter.limit.clamp(1, MAX_PAGE);
        // One more than asked for tells whether there is a next page.
        let filter = Filter { limit: limit + 1, ..filter };
        let found = self.inner.reading.at_once(move |reader| {
            let Some(card) = reader.card(&token, now)? else { return Ok(None) };
            Ok(Some((card, reader.lines(&token, &filter)?)))
        });
        let Some((card, mut lines)) = found.await? else { return Ok(None) };
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().map(|line| line.position).filter(|_| has_more);
        Ok(Some(Statement { card, lines, next, freshness }))
    }

    /// Follows a card: what came after a position, then everything that happens. Without a
    /// position only what happens from now on.
    pub async fn subscribe(
        &self,
        token: &CardToken,
        after: Option<u64>,
    ) -> Result<Subscription, SubscribeError> {
        // Before the card is read, so that nothing falls in between.
        let live = self.inner.subscribers.add(token).ok_or(SubscribeError::Overloaded)?;
        let (now, token) = (self.now(), token.clone());
        let reading = &self.inner.reading;
        let card = reading.in_turn(move |reader| reader.card(&token, now)).await?;
        let card = card.ok_or(SubscribeError::UnknownCard)?;
        Ok(Subscription::new(live, reading.clone(), card, after))
    }

    /// How far the statement is behind the Bank.
    pub fn freshness(&self) -> Freshness {
        self.inner.progress.freshness()
    }

    /// Tells when the freshness changes.
    pub fn watch_freshness(&self) -> FreshnessWatch {
        self.inner.progress.watch()
    }

    /// What was counted since the start.
    pub fn statistics(&self) -> Statistics {
        self.inner.progress.statistics()
    }

    /// The statement's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.surroundings.now()
    }
}
