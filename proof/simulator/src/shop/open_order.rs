//! An order whose outcome is not yet durable, and those who wait for it.

use bancada_bank::ledger::{CardPresented, PaymentStatus};
use bancada_checkout::order::{Charge, Command, MaskedCard, Order, OrderState};
use bancada_kernel::{CardToken, IdempotencyKey, Timestamp};

use super::{Act, Place};
use crate::evidence::Told;

pub(super) struct OpenOrder {
    pub(super) order: Order,
    card: Option<CardPresented>,
    forget_card_at: i64,
    pub(super) n_failures: u32,
    pub(super) is_answer_lost: bool,
    /// Whether the Bank has said that it does not know the key; it is closed next.
    pub(super) is_asked: bool,
    /// The call that is waited for; 0 for none.
    pub(super) call: u64,
    waiting: Vec<usize>,
}

impl OpenOrder {
    pub(super) fn placed(order: Order, place: &Place, forget_card_at: i64) -> OpenOrder {
        let (card, waiting) = (Some(place.card.clone()), vec![place.buyer]);
        OpenOrder {
            card,
            forget_card_at,
            waiting,
            is_answer_lost: false,
            ..OpenOrder::found(order)
        }
    }

    /// An order found in the store: what was sent before is not known.
    pub(super) fn found(order: Order) -> OpenOrder {
        OpenOrder {
            order,
            card: None,
            forget_card_at: 0,
            n_failures: 0,
            is_answer_lost: true,
            is_asked: false,
            call: 0,
            waiting: Vec::new(),
        }
    }

    pub(super) fn attach(&mut self, place: &Place, acts: &mut Vec<Act>) {
        if self.order.fingerprint == place.fingerprint {
            self.waiting.push(place.buyer);
        } else {
            acts.push(Act::Tell { buyer: place.buyer, order: None });
        }
    }

    pub(super) fn card(&mut self, now_ms: i64) -> Option<CardPresented> {
        if now_ms >= self.forget_card_at {
            self.forget_card();
        }
        self.card.clone()
    }

    pub(super) fn forget_card(&mut self) {
        self.card = None;
    }

    pub(super) fn token(&self) -> Option<CardToken> {
        self.card.as_ref().map(|card| card.token.clone())
    }

    pub(super) fn settle(self, acts: &mut Vec<Act>) {
        for buyer in self.waiting {
            acts.push(Act::Tell { buyer, order: Some(Box::new(self.order.clone())) });
        }
    }

    pub(super) fn settle_with(self, existing: &Order, acts: &mut Vec<Act>) {
        let is_same = self.order.fingerprint == existing.fingerprint;
        for buyer in self.waiting {
            acts.push(Act::Tell { buyer, order: is_same.then(|| Box::new(existing.clone())) });
        }
    }

    pub(super) fn take_over(&mut self, other: OpenOrder, acts: &mut Vec<Act>) {
        let is_same = self.order.fingerprint == other.order.fingerprint;
        for buyer in other.waiting {
            if is_same {
                self.waiting.push(buyer);
            } else {
                acts.push(Act::Tell { buyer, order: None });
            }
        }
    }
}

pub(super) fn order_of(place: &Place, now: Timestamp) -> Order {
    let masked_number = place.card.masked_number.clone();
    let mut order = Order {
        id: place.id,
        lines: place.basket.lines.clone(),
        total: place.basket.total,
        card: MaskedCard { brand: place.card.brand, masked_number },
        installments: place.basket.installments,
        state: OrderState::Placed,
        fingerprint: place.fingerprint.clone(),
        placed_at: now,
        updated_at: now,
        trace: None,
    };
    // It is written as it will be once it is sent.
    if let Ok(event) = order.decide(Command::Pay) {
        order.evolve(event, now);
    }
    order
}

/// The key of an order's payment.
pub(super) fn key_of(order: &Order) -> IdempotencyKey {
    IdempotencyKey::parse(&order.id.to_string()).expect("a UUID is 36 visible ASCII characters")
}

/// What the Bank's answer means for the order.
pub(super) fn command_of(told: &Told, card_token: Option<CardToken>) -> Command {
    match told.status {
        PaymentStatus::Declined(reason) => Command::Decline { payment: told.payment, reason },
        _ => Command::Approve(Charge {
            payment: told.payment,
            card_token,
            amount: told.amount,
            refunded_minor: 0,
        }),
    }
}
