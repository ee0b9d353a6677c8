//! The auditor's own books: balances, payments and effects, from the events of the journal.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bancada_bank::ledger::{Account, BodyHash, Entry, Refusal};
use bancada_kernel::{
    CardSnapshot, CardStatus, CardToken, DeclineReason, EventKind, IdempotencyKey, MerchantId,
    Money, PaymentEvent, PaymentId,
};

use super::payment::{HIGHEST_LIMIT, Known, MOST_IN_CREDIT, Move, Standing};
use crate::evidence::{Line, Told};
use bancada_extrato::statement::LineKind;

/// What the journal says, added up.
#[derive(Default)]
pub(super) struct Books {
    pub(super) cards: BTreeMap<CardToken, Card>,
    pub(super) payments: HashMap<PaymentId, Known>,
    /// What each key led to.
    pub(super) effects: BTreeMap<(MerchantId, IdempotencyKey), Effect>,
    /// The keys that bills were paid with.
    bills: BTreeSet<String>,
    /// What statements must show.
    pub(super) lines: Vec<Line>,
    /// Sum of all postings to each account.
    accounts: HashMap<Account, i128>,
}

/// A card, by the amounts of its events.
#[derive(Default)]
pub(super) struct Card {
    pub(super) sequence: u64,
    limit_minor: i128,
    pub(super) balance_minor: i128,
    /// What the cardholder paid toward bills: it is not on the faturas.
    pub(super) paid_minor: i128,
    held_minor: i128,
    is_active: bool,
    /// As it stood after each of its events.
    pub(super) stood: Vec<CardSnapshot>,
}

/// What a key led to.
pub(super) struct Effect {
    pub(super) told: Told,
    pub(super) kind: EventKind,
    pub(super) amount: Money,
    pub(super) card: Option<CardToken>,
    pub(super) body: Option<BodyHash>,
}

type Breaches<'a> = &'a mut Vec<String>;

impl Books {
    pub(super) fn of(journal: &[Entry], breaches: Breaches<'_>) -> Books {
        let mut books = Books::default();
        for (entry, position) in journal.iter().zip(1..) {
            if entry.event.position != position {
                let found = entry.event.position;
                breaches.push(format!("I7: position {found} stands where {position} should"));
            }
            books.post(entry, breaches);
            books.add(entry, breaches);
        }
        let total: i128 = books.accounts.values().sum();
        if total != 0 {
            breaches.push(format!("I3: all postings sum to {total}"));
        }
        for (token, card) in &books.cards {
            let posted = books.accounts.get(&Account::Card(token.clone())).copied().unwrap_or(0);
            if posted != card.balance_minor {
                let balance = card.balance_minor;
                breaches.push(format!("I3: card {token} owes {balance}, and {posted} was posted"));
            }
        }
        books
    }

    /// Postings must sum to zero, and move what the event says between whom it says.
    fn post(&mut self, entry: &Entry, breaches: Breaches<'_>) {
        let event = &entry.event;
        let sum: i128 = entry.postings.iter().map(|it| i128::from(it.amount_minor)).sum();
        if sum != 0 {
            breaches.push(format!("I3: the postings at {} sum to {sum}", event.position));
        }
        let expected = match event.kind {
            EventKind::PaymentCaptured => i128::from(event.amount.minor),
            EventKind::PaymentRefunded | EventKind::BillPaid => -i128::from(event.amount.minor),
            _ => 0,
        };
        let mut on_card = 0;
        for posting in &entry.postings {
            match &posting.account {
                Account::Card(token) if event.card.as_ref().map(|it| &it.token) == Some(token) => {
                    on_card += i128::from(posting.amount_minor);
                }
                Account::MerchantSettlement(of) if event.merchant_id.as_ref() == Some(of) => {}
                Account::BillPayments if event.kind == EventKind::BillPaid => {}
                other => {
                    let position = event.position;
                    breaches.push(format!("I3: at {position} something is posted to {other:?}"));
                }
            }
            let sum = self.accounts.entry(posting.account.clone()).or_default();
            *sum += i128::from(posting.amount_minor);
        }
        if on_card != expected {
            let position = event.position;
            breaches
                .push(format!("I3: at {position} the card is debited {on_card}, not {expected}"));
        }
    }

    fn add(&mut self, entry: &Entry, breaches: Breaches<'_>) {
        let event = &entry.event;
        if matches!(event.kind, EventKind::BillPaid | EventKind::BillRefused)
            && !self.bills.insert(event.order_id.clone())
        {
            let (key, position) = (&event.order_id, event.position);
            breaches.push(format!("I2: bill {key} has another effect at {position}"));
        }
        let before = self.payments.get(&event.transaction_id);
        let card = event.card.as_ref().map(|card| &card.token);
        let card = card.or_else(|| before.and_then(|payment| payment.card.as_ref()));
        let balance = card.and_then(|token| self.cards.get(token)).map_or(0, |it| it.balance_minor);
        let moved = Move::of(entry, before, balance, breaches);
        if let Some(card) = &event.card
            && let Some(after) = &card.after
        {
            if let Some(kind) = line_kind(event.kind) {
                self.lines.push(Line {
                    card: card.token.clone(),
                    position: event.position,
                    payment: event.transaction_id,
                    kind,
                    minor: event.amount.minor,
                });
            }
            let known = self.cards.entry(card.token.clone()).or_default();
            known.follow(event, card.sequence, after, &moved, breaches);
        }
        if let Some(known) = moved.after {
            self.payments.insert(event.transaction_id, known);
        }
        let (Some(request), Some(merchant)) = (&entry.request, &event.merchant_id) else { return };
        let Some(known) = self.payments.get(&event.transaction_id) else { return };
        let effect = Effect {
            told: known.told(event.transaction_id, entry.refusal, event.position),
            kind: event.kind,
            amount: event.amount,
            card: event.card.as_ref().map(|card| card.token.clone()),
            body: request.body,
        };
        let second = event.position;
        if let Some(first) = self.effects.insert((merchant.clone(), request.key.clone()), effect) {
            let (key, first) = (&request.key, first.told.position);
            breaches.push(format!("I2: key {key} has an effect at {first} and at {second}"));
        }
    }
}

impl Card {
    /// Adds up what the event says, and holds it against how the event says the card stands.
    fn follow(
        &mut self,
        event: &PaymentEvent,
        sequence: u64,
        after: &CardSnapshot,
        moved: &Move,
        breaches: Breaches<'_>,
    ) {
        let (position, token) = (event.position, event.card.as_ref().map(|card| &card.token));
        let token = token.map(CardToken::as_str).unwrap_or_default();
        if sequence != self.sequence + 1 {
            let last = self.sequence;
            breaches.push(format!("I7: card {token}: sequence {sequence} after {last}"));
        }
        self.sequence = sequence;
        let available = self.limit_minor - self.balance_minor - self.held_minor;
        let (minor, was_active) = (i128::from(event.amount.minor), self.is_active);
        if minor > MOST_IN_CREDIT || i128::from(after.limit.minor) > HIGHEST_LIMIT {
            breaches.push(format!("I4: card {token}: larger than anything may be at {position}"));
        }
        match event.kind {
            EventKind::CardIssued => self.is_active = after.status == CardStatus::Active,
            EventKind::CardStatusChanged => self.is_active = after.status == CardStatus::Active,
            _ => {}
        }
        if matches!(event.kind, EventKind::CardIssued | EventKind::CardLimitChanged) {
            self.limit_minor = after.limit.minor.into();
        }
        self.held_minor += moved.held_minor;
        self.balance_minor += moved.charged_minor;
        if event.kind == EventKind::BillPaid {
            self.paid_minor += minor;
        }
        if moved.is_approval && minor > available {
            let left = available - minor;
            breaches.push(format!("I4: card {token}: {left} left by the approval at {position}"));
        }
        if moved.is_approval && !was_active {
            breaches.push(format!("I4: card {token} cannot pay, and was charged at {position}"));
        }
        let is_groundless = match event.decline {
            Some(DeclineReason::InsufficientFunds) => minor <= available,
            Some(DeclineReason::CardBlocked | DeclineReason::CardCancelled) => was_active,
            _ => false,
        };
        if is_groundless {
            breaches.push(format!("I4: card {token}: groundless decline at {position}"));
        }
        let told = [after.limit.minor, after.balance.minor, after.held.minor].map(i128::from);
        let own = [self.limit_minor, self.balance_minor, self.held_minor];
        if told != own {
            breaches.push(format!("I4: card {token} at {position}: told {told:?}, it is {own:?}"));
        }
        self.stood.push(after.clone());
    }
}

impl Known {
    fn told(&self, payment: PaymentId, refusal: Option<Refusal>, position: u64) -> Told {
        // A refusal leaves the payment as it was, with the position of what it was.
        let position = if refusal.is_some() { self.position } else { position };
        Told {
            payment,
            status: match self.standing {
                Standing::Held => bancada_bank::ledger::PaymentStatus::Authorized,
                Standing::Charged if self.refunded_minor == self.captured_minor => {
                    bancada_bank::ledger::PaymentStatus::Refunded
                }
                Standing::Charged => bancada_bank::ledger::PaymentStatus::Captured,
                Standing::Declined(reason) => bancada_bank::ledger::PaymentStatus::Declined(reason),
                Standing::Voided => bancada_bank::ledger::PaymentStatus::Voided,
                Standing::Expired => bancada_bank::ledger::PaymentStatus::Expired,
            },
            amount: self.amount,
            captured_minor: narrow(self.captured_minor),
            refunded_minor: narrow(self.refunded_minor),
            refusal,
            position,
        }
    }
}

/// As it is told; what has no room there is another sum than any that is told.
fn narrow(minor: i128) -> i64 {
    i64::try_from(minor).unwrap_or(i64::MIN)
}

/// The line that a statement has for an event.
fn line_kind(kind: EventKind) -> Option<LineKind> {
    match kind {
        EventKind::PaymentAuthorized => Some(LineKind::Hold),
        EventKind::PaymentCaptured => Some(LineKind::Purchase),
        EventKind::PaymentDeclined => Some(LineKind::Decline),
        EventKind::PaymentVoided | EventKind::PaymentExpired => Some(LineKind::Void),
        EventKind::PaymentRefunded => Some(LineKind::Refund),
        EventKind::BillPaid => Some(LineKind::BillPayment),
        EventKind::CardIssued
        | EventKind::CardStatusChanged
        | EventKind::CardLimitChanged
        | EventKind::PaymentOperationRefused
        | EventKind::BillRefused
        | EventKind::LossAccepted => None,
    }
}
