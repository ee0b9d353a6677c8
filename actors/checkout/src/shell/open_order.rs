//! An order whose outcome is not yet durable, and those who wait for it.

use std::sync::Arc;
use std::time::Duration;

use bancada_kernel::IdempotencyKey;
use bancada_supervision::{Attempts, Retry};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::answer::{PlaceError, Placed};
use crate::order::{Charge, Command, Fingerprint, Order};
use crate::ports::{BankAnswer, Outcome, PresentedCard};

/// Where the answer to a buyer goes.
pub(crate) type Reply = oneshot::Sender<Result<Placed, PlaceError>>;

/// After a call that failed. Waits vary, so that orders do not come back to the Bank in step.
const RETRY: Retry = Retry::between(Duration::from_millis(100), Duration::from_secs(5)).jitter(0.5);

/// An order in the making.
pub(super) struct OpenOrder {
    pub(super) order: Order,
    /// The card, as long as it may be kept; without it the order can only be closed.
    card: Option<Arc<PresentedCard>>,
    forget_card_at: Instant,
    /// Questions to the Bank, or attempts to write, that failed in a row.
    pub(super) attempts: Attempts,
    /// Whether a request may have been executed without its answer reaching us.
    pub(super) is_answer_lost: bool,
    waiting: Vec<Waiting>,
}

struct Waiting {
    reply: Reply,
    replayed: bool,
}

impl OpenOrder {
    /// An order that a buyer has just placed and waits for.
    pub(super) fn placed(
        order: Order,
        card: Arc<PresentedCard>,
        forget_card_at: Instant,
        reply: Reply,
    ) -> OpenOrder {
        let waiting = vec![Waiting { reply, replayed: false }];
        let (card, attempts, is_answer_lost) = (Some(card), RETRY.attempts(), false);
        OpenOrder { order, card, forget_card_at, attempts, is_answer_lost, waiting }
    }

    /// An order found in the store: what was sent before is not known.
    pub(super) fn found(order: Order) -> OpenOrder {
        OpenOrder {
            order,
            card: None,
            forget_card_at: Instant::now(),
            attempts: RETRY.attempts(),
            is_answer_lost: true,
            waiting: Vec::new(),
        }
    }

    /// Lets a repeated request wait for the same outcome.
    pub(super) fn attach(&mut self, fingerprint: &Fingerprint, reply: Reply) {
        if self.order.fingerprint == *fingerprint {
            self.waiting.push(Waiting { reply, replayed: true });
        } else {
            // A buyer that is gone asks again.
            let _ = reply.send(Err(PlaceError::KeyReused));
        }
    }

    /// The card, unless its time is over.
    pub(super) fn card(&mut self) -> Option<Arc<PresentedCard>> {
        if Instant::now() >= self.forget_card_at {
            self.forget_card();
        }
        self.card.clone()
    }

    pub(super) fn forget_card(&mut self) {
        self.card = None;
    }

    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting.iter().any(|waiting| !waiting.reply.is_closed())
    }

    /// Tells everyone what became of it.
    pub(super) fn settle(self, outcome: &Result<(), PlaceError>) {
        for Waiting { reply, replayed } in self.waiting {
            let order = self.order.clone();
            let _ = reply.send(outcome.clone().map(|()| Placed { order, replayed }));
        }
    }

    /// Tells everyone that the order had been placed before.
    pub(super) fn settle_with(self, existing: &Order) {
        let is_same = self.order.fingerprint == existing.fingerprint;
        for Waiting { reply, .. } in self.waiting {
            let placed = Placed { order: existing.clone(), replayed: true };
            let _ = reply.send(if is_same { Ok(placed) } else { Err(PlaceError::KeyReused) });
        }
    }

    /// Lets everyone who waits for `other` wait for this one instead: it is the same order.
    pub(super) fn take_over(&mut self, other: OpenOrder) {
        for Waiting { reply, .. } in other.waiting {
            self.attach(&other.order.fingerprint, reply);
        }
    }
}

/// The key of an order's payment.
pub(super) fn key_of(order: &Order) -> IdempotencyKey {
    IdempotencyKey::parse(&order.id.to_string()).expect("a UUID is 36 visible ASCII characters")
}

/// What the Bank's answer means for the order.
pub(super) fn command_of(answer: BankAnswer) -> Command {
    let BankAnswer { payment, card_token, outcome, amount } = answer;
    match outcome {
        Outcome::Approved => {
            Command::Approve(Charge { payment, card_token, amount, refunded_minor: 0 })
        }
        Outcome::Declined(reason) => Command::Decline { payment, reason },
    }
}
