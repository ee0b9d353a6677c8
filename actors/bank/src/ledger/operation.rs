//! What captures, voids and refunds have in common: a merchant asks for something to be done with
//! one of its payments.
//!
//! A request that makes no sense is an error and is not recorded: its key may be used again for a
//! good one. A refusal by the payment's state is an answer: it is recorded under its key, because
//! a later capture could otherwise turn the repetition of a refused refund into a refund.

use bancada_kernel::{
    CardSnapshot, EventCard, EventKind, IdempotencyKey, MerchantId, Money, PaymentEvent, PaymentId,
    PaymentSnapshot,
};
use serde::{Deserialize, Serialize};

use super::account::CardAccount;
use super::capture::CaptureRefusal;
use super::entry::{Entry, RequestIdentity};
use super::key_scope::{BodyHash, Decision, Stamp};
use super::payment::Payment;
use super::posting::Posting;
use super::refund::RefundRefusal;
use super::state::Ledger;
use super::void::VoidRefusal;

/// Who asks, under which key, about which payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who asks.
    pub merchant: MerchantId,
    /// The merchant's name for this attempt.
    pub key: IdempotencyKey,
    /// Of the kind of operation and of everything it asks for.
    pub body: BodyHash,
    /// Which payment.
    pub payment: PaymentId,
}

/// Why an operation was not done, as the journal keeps it. Variants are added at the end: their
/// order is part of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// Of a capture.
    Capture(CaptureRefusal),
    /// Of a void.
    Void(VoidRefusal),
    /// Of a refund.
    Refund(RefundRefusal),
}

macro_rules! refusal_of {
    ($($refusal:ty => $variant:path),* $(,)?) => {$(
        impl TryFrom<Refusal> for $refusal {
            /// A refusal of another kind of operation.
            type Error = Refusal;

            fn try_from(refusal: Refusal) -> Result<$refusal, Refusal> {
                match refusal {
                    $variant(refusal) => Ok(refusal),
                    other => Err(other),
                }
            }
        }
    )*};
}

refusal_of! {
    CaptureRefusal => Refusal::Capture,
    VoidRefusal => Refusal::Void,
    RefundRefusal => Refusal::Refund,
}

/// What an operation does.
pub(super) struct Effect {
    pub(super) kind: EventKind,
    /// What is charged, released or returned.
    pub(super) amount: Money,
    /// The card after it.
    pub(super) card: CardSnapshot,
    pub(super) postings: Vec<Posting>,
}

impl Operation {
    /// The payment, if it is this merchant's: another's is as unknown as one that is not there,
    /// so that nobody learns which ids exist.
    pub(super) fn own_payment<'a>(&self, ledger: &'a Ledger) -> Option<&'a Payment> {
        ledger.payment(self.payment).filter(|payment| payment.merchant == self.merchant)
    }

    /// The entry of an operation that is done.
    pub(super) fn done(
        &self,
        ledger: &Ledger,
        stamp: Stamp,
        payment: &Payment,
        effect: Effect,
    ) -> Decision {
        let entry = payment_entry(ledger, stamp, payment, effect);
        Decision::Record(Box::new(Entry { request: Some(self.identity()), ..entry }))
    }

    /// The entry of an operation that is refused. Its event names no card: none stands
    /// differently after it, and no statement has a line for it.
    pub(super) fn refused(
        &self,
        ledger: &Ledger,
        stamp: Stamp,
        payment: &Payment,
        amount: Money,
        refusal: Refusal,
    ) -> Decision {
        let kind = EventKind::PaymentOperationRefused;
        let event = payment_event(ledger, stamp, payment, kind, None, amount);
        let request = Some(self.identity());
        let entry = Entry { request, refusal: Some(refusal), ..Entry::of_event(event, stamp.ran) };
        Decision::Record(Box::new(entry))
    }

    fn identity(&self) -> RequestIdentity {
        RequestIdentity { key: self.key.clone(), body: Some(self.body) }
    }
}

/// The account of a payment that was approved.
pub(super) fn account_of<'a>(ledger: &'a Ledger, payment: &Payment) -> &'a CardAccount {
    let card = payment.card.as_ref().and_then(|card| ledger.card(&card.token));
    card.expect("a payment is approved only with a card that has an account, and none is removed")
}

/// What a card holds without the hold of a payment. Exact: neither is negative, and what a card
/// holds includes every open hold.
pub(super) fn less_held(card: &CardSnapshot, payment: &Payment) -> Money {
    Money { minor: card.held.minor.saturating_sub(payment.amount.minor), ..card.held }
}

/// The entry of what happens to a payment, with or without a request.
pub(super) fn payment_entry(
    ledger: &Ledger,
    stamp: Stamp,
    payment: &Payment,
    effect: Effect,
) -> Entry {
    let Effect { kind, amount, card, postings } = effect;
    let card = account_of(ledger, payment).in_next_event(card);
    let event = payment_event(ledger, stamp, payment, kind, Some(card), amount);
    Entry { postings, ..Entry::of_event(event, stamp.ran) }
}

fn payment_event(
    ledger: &Ledger,
    stamp: Stamp,
    payment: &Payment,
    kind: EventKind,
    card: Option<EventCard>,
    amount: Money,
) -> PaymentEvent {
    let before = PaymentSnapshot {
        amount_minor: match payment.captured_minor {
            0 => payment.amount.minor,
            captured => captured,
        },
        captured_minor: payment.captured_minor,
        refunded_minor: payment.refunded_minor,
        decided_at: payment.occurred_at,
    };
    PaymentEvent {
        event_id: stamp.event_id,
        kind,
        position: ledger.position() + 1,
        transaction_id: payment.id,
        card,
        amount,
        payment: Some(before.after(kind, amount.minor)),
        store: payment.store.to_string(),
        description: payment.description.to_string(),
        merchant_id: Some(payment.merchant.clone()),
        order_id: payment.order_id.to_string(),
        decline: None,
        installments: payment.installments,
        occurred_at: stamp.now,
        trace: stamp.trace,
    }
}
