//! Following one card: first what was missed, then what happens.

use std::collections::VecDeque;
use std::sync::Arc;

use bancada_kernel::{CardToken, PaymentId};
use tokio::sync::mpsc::Receiver;

use crate::answer::ReadError;
use crate::reading::Reading;
use crate::statement::{StatementCard, StatementLine, Update};

/// Missed lines read at once.
const PAGE: usize = 200;

/// The last news that a reader of a card had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSeen {
    /// Where it was.
    pub position: u64,
    /// The payment of the line there, which proves which past was read; absent where there was no
    /// line.
    pub payment: Option<PaymentId>,
}

/// News of one card, without gaps and in order.
pub struct Subscription {
    live: Receiver<Arc<Update>>,
    /// The last position that was told, or that the reader had.
    last: u64,
    missed: VecDeque<Update>,
    /// Present until everything missed has been read.
    behind: Option<Behind>,
}

struct Behind {
    reading: Reading,
    token: CardToken,
    /// The card as it was after the subscription began.
    card: StatementCard,
    has_told: bool,
}

impl Subscription {
    /// `live` must have been registered before `card` was read: what is committed in between is
    /// told twice, not lost, and the second time is recognized here.
    pub(crate) fn new(
        live: Receiver<Arc<Update>>,
        reading: Reading,
        card: StatementCard,
        after: Option<u64>,
    ) -> Subscription {
        let last = after.unwrap_or(card.state.position);
        let token = card.state.token.clone();
        let behind = Some(Behind { reading, token, card, has_told: false });
        Subscription { live, last, missed: VecDeque::new(), behind }
    }

    /// The next news: lines that were missed, the card as it is when none were, then everything
    /// that happens. `None` when the subscription has ended, because the reader did not keep up
    /// or the statement was started anew: subscribe again after the last position. Cancelling is
    /// safe.
    pub async fn next(&mut self) -> Option<Update> {
        loop {
            if let Some(update) = self.missed.pop_front() {
                self.last = self.last.max(update.position);
                return Some(update);
            }
            if let Some(behind) = &mut self.behind {
                let lines = behind.read(self.last).await.ok()?;
                let is_last_page = lines.len() < PAGE;
                behind.has_told |= !lines.is_empty();
                self.missed.extend(lines);
                if is_last_page && let Some(behind) = self.behind.take_if(|b| !b.has_told) {
                    self.last = self.last.max(behind.card.state.position);
                    return Some(Update { position: self.last, line: None, card: behind.card });
                } else if is_last_page {
                    self.behind = None;
                }
                continue;
            }
            let update = self.live.recv().await?;
            if update.position > self.last {
                self.last = update.position;
                return Some(Update::clone(&update));
            }
        }
    }
}

impl Behind {
    async fn read(&self, after: u64) -> Result<Vec<Update>, ReadError> {
        let token = self.token.clone();
        let lines = self.reading.in_turn(move |reader| reader.lines_after(&token, after, PAGE));
        let update = |line: StatementLine| Update {
            position: line.position,
            line: Some(line),
            card: self.card.clone(),
        };
        Ok(lines.await?.into_iter().map(update).collect())
    }
}
