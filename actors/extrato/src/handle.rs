//! What the rest of the process holds of the statement.

use std::sync::Arc;

use bancada_kernel::limits::MAX_AMOUNT_MINOR;
use bancada_kernel::{CardToken, IdempotencyKey, Money, Timestamp, TraceContext};
use tokio::sync::{Notify, Semaphore};

use crate::answer::{
    BillAsked, CardList, DeadLetterError, PayBillError, ReadError, Statement, SubscribeError,
};
use crate::freshness::{Freshness, FreshnessWatch, Progress, Statistics};
use crate::ports::{EventReader, SourceRecord, StatementReader, StoreError, Surroundings};
use crate::reading::Reading;
use crate::shell::subscribers::Subscribers;
use crate::shell::writer_thread::{Job, WriterQueue};
use crate::statement::{
    BillOutcome, BillPayment, DeadLetter, Filter, LineKind, StatementCard, StatementLine,
};
use crate::subscription::{LastSeen, Subscription};

/// Lines on a page, at most.
const MAX_PAGE: usize = 200;
/// Lines with which somebody begins who followed something else: a page.
const ANEW: usize = 50;

/// Payments of bills in a list, at most.
const MAX_BILLS: usize = 20;

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
    pub(crate) writer: WriterQueue,
    pub(crate) event_reader: Arc<dyn EventReader>,
    /// Wakes whoever asks the Bank.
    pub(crate) bill_asked: Arc<Notify>,
    /// Admission: no queue grows.
    pub(crate) bills_in_progress: Semaphore,
}

/// A payment of a bill that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayBill {
    /// One key, one payment.
    pub key: IdempotencyKey,
    /// Whose bill.
    pub token: CardToken,
    /// How much; more than is owed is a credit.
    pub amount: Money,
    /// The request's trace.
    pub trace: Option<TraceContext>,
}

impl ExtratoHandle {
    pub(crate) fn new(inner: Inner) -> ExtratoHandle {
        ExtratoHandle { inner: Arc::new(inner) }
    }

    /// A page of the cards, of 1 to 200, after one of them or from the first one on.
    pub async fn cards(
        &self,
        after: Option<CardToken>,
        limit: usize,
    ) -> Result<CardList, ReadError> {
        // Before the rows: what is told must be in them, and may be less than is in them.
        let (now, freshness) = (self.now(), self.freshness());
        let limit = limit.clamp(1, MAX_PAGE);
        let reading = &self.inner.reading;
        // One more than asked for tells whether there is a next page.
        let found = reading.at_once(move |reader| reader.cards(now, after.as_ref(), limit + 1));
        let mut cards = found.await?;
        let has_more = cards.len() > limit;
        cards.truncate(limit);
        let next = cards.last().map(|card| card.state.token.clone()).filter(|_| has_more);
        Ok(CardList { cards, next, freshness })
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
            let lines = reader.lines(&token, &filter)?;
            let ended_holds = ended_holds(reader, &token, &lines)?;
            Ok(Some((card, lines, ended_holds)))
        });
        let Some((card, mut lines, ended_holds)) = found.await? else { return Ok(None) };
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().map(|line| line.position).filter(|_| has_more);
        Ok(Some(Statement { card, lines, ended_holds, next, freshness }))
    }

    /// Asks the Bank to book what a cardholder pays. The answer says that it will be asked,
    /// whatever happens to this process; an event says what became of it. Safe to repeat with the
    /// same key.
    pub async fn pay_bill(&self, request: PayBill) -> Result<BillAsked, PayBillError> {
        let PayBill { key, token, amount, trace } = request;
        if amount.minor <= 0 {
            return Err(PayBillError::AmountNotPositive);
        }
        if amount.minor > MAX_AMOUNT_MINOR {
            return Err(PayBillError::AmountTooLarge);
        }
        let Ok(_admitted) = self.inner.bills_in_progress.try_acquire() else {
            return Err(PayBillError::Overloaded);
        };
        let (now, of) = (self.now(), token.clone());
        let card = self.inner.reading.at_once(move |reader| reader.card(&of, now)).await?;
        let card = card.ok_or(PayBillError::UnknownCard)?;
        if card.state.now.balance.currency != amount.currency {
            return Err(PayBillError::CurrencyNotSupported);
        }
        let outcome = BillOutcome::Pending;
        let payment = BillPayment { key, token, amount, asked_at: now, outcome, trace };
        let keep = |reply| Job::KeepBill(Box::new(payment.clone()), reply);
        let known = self.inner.writer.ask(keep).await.map_err(|error| match error {
            StoreError::Full => PayBillError::StorageFull,
            StoreError::Damaged(_) | StoreError::Failed(_) => PayBillError::Unavailable,
        })?;
        self.inner.bill_asked.notify_one();
        match known {
            None => Ok(BillAsked { payment, replayed: false }),
            Some(known) if known.is_repeated_by(&payment) => {
                Ok(BillAsked { payment: known, replayed: true })
            }
            Some(_) => Err(PayBillError::KeyReused),
        }
    }

    /// The payments of a card's bills that were asked for here, the latest first.
    pub async fn bills(&self, token: &CardToken) -> Result<Vec<BillPayment>, ReadError> {
        let token = token.clone();
        self.inner.reading.at_once(move |reader| reader.bills(&token, MAX_BILLS)).await
    }

    /// At most `limit` records that could not be read, after one, in the order in which they came.
    pub async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, ReadError> {
        let limit = limit.min(MAX_PAGE);
        self.inner.reading.at_once(move |reader| reader.dead_letters(after, limit)).await
    }

    /// A record that could not be read.
    pub async fn dead_letter(&self, id: u64) -> Result<DeadLetter, DeadLetterError> {
        let before = id.checked_sub(1).ok_or(DeadLetterError::Unknown)?;
        let found = self.dead_letters(before, 1).await?.into_iter().next();
        found.filter(|letter| letter.id == id).ok_or(DeadLetterError::Unknown)
    }

    /// Reads a record again and applies it, as if it came now: what was applied meanwhile is not
    /// applied twice. It is forgotten then.
    pub async fn replay_dead_letter(&self, id: u64) -> Result<(), DeadLetterError> {
        let letter = self.dead_letter(id).await?;
        let event = self.inner.event_reader.read(&letter.raw);
        let event = event.map_err(DeadLetterError::Unreadable)?;
        let record = SourceRecord { at: None, event: Ok(event) };
        self.inner.writer.ask(|reply| Job::Apply(vec![record], reply)).await?;
        self.discard_dead_letter(id).await
    }

    /// Forgets a record that could not be read.
    pub async fn discard_dead_letter(&self, id: u64) -> Result<(), DeadLetterError> {
        let was_there = self.inner.writer.ask(|reply| Job::DiscardDeadLetter(id, reply)).await?;
        if was_there { Ok(()) } else { Err(DeadLetterError::Unknown) }
    }

    /// Follows a card: what came after what its reader had, then everything that happens. Who had
    /// nothing is told what happens from now on; who had something that is not in this statement is
    /// told the card's last lines first.
    pub async fn subscribe(
        &self,
        token: &CardToken,
        after: Option<LastSeen>,
    ) -> Result<Subscription, SubscribeError> {
        // Before the card is read, so that nothing falls in between.
        let live = self.inner.subscribers.add(token).ok_or(SubscribeError::Overloaded)?;
        let (now, token) = (self.now(), token.clone());
        let reading = &self.inner.reading;
        let card = reading.in_turn(move |reader| reader.card(&token, now)).await?;
        let card = card.ok_or(SubscribeError::UnknownCard)?;
        let after = match after {
            None => None,
            Some(seen) if self.has(&card, seen).await? => Some(seen.position),
            // The reader followed another statement: it would wait for ever for what it takes for
            // news, or take news for what it has.
            Some(_) => {
                let (filter, token) =
                    (Filter { limit: ANEW, ..Filter::default() }, card.state.token.clone());
                let latest = reading.in_turn(move |reader| reader.lines(&token, &filter)).await?;
                latest.last().map(|line| line.position.saturating_sub(1))
            }
        };
        Ok(Subscription::new(live, reading.clone(), card, after))
    }

    /// Whether the statement of a card has what somebody has seen of it.
    async fn has(&self, card: &StatementCard, seen: LastSeen) -> Result<bool, ReadError> {
        let LastSeen { position, payment } = seen;
        let Some(before) = position.checked_sub(1).filter(|_| position <= card.state.position)
        else {
            return Ok(position == 0);
        };
        let Some(payment) = payment else { return Ok(true) };
        let token = card.state.token.clone();
        let found = self.inner.reading.in_turn(move |reader| reader.lines_after(&token, before, 1));
        let found = found.await?;
        let is_it =
            |line: &StatementLine| (line.position, line.transaction_id) == (position, payment);
        Ok(found.first().is_some_and(is_it))
    }

    /// How far the statement is behind the Bank.
    pub fn freshness(&self) -> Freshness {
        self.inner.progress.freshness()
    }

    /// Why the Bank's past is another one than the statement has read; `None` while it is the same.
    /// Nothing is followed until it is.
    pub fn other_past(&self) -> Option<Arc<str>> {
        self.inner.progress.other_past()
    }

    /// What the statement's own store said, if it is why nothing is followed now.
    pub fn store_failure(&self) -> Option<String> {
        self.inner.progress.store_failure()
    }

    /// Whether the statement was found damaged and is not yet where the Bank was then.
    pub fn is_being_rebuilt(&self) -> bool {
        self.freshness().is_being_rebuilt
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

/// Which of these lines, the latest first, are holds that stand no more. The lines are read first:
/// a hold that ends in between is not told as one that stands.
fn ended_holds(
    reader: &dyn StatementReader,
    token: &CardToken,
    lines: &[StatementLine],
) -> Result<Vec<u64>, StoreError> {
    let holds = lines.iter().filter(|line| line.kind == LineKind::Hold).map(|line| line.position);
    let holds: Vec<u64> = holds.collect();
    let (Some(last), Some(first)) = (holds.first(), holds.last()) else { return Ok(Vec::new()) };
    let open = reader.open_holds(token, *first, *last)?;
    Ok(holds.into_iter().filter(|position| !open.contains(position)).collect())
}
