//! Everything the Bank has committed, and what is wrong with it.

mod fingerprint;
pub(crate) mod shown;

use std::collections::{BTreeMap, HashMap, HashSet};

use bancada_extrato::statement::Cycle;
use bancada_kernel::{
    Brand, CardToken, Currency, DeclineReason, EventCard, EventKind, PaymentEvent, Shard, Timestamp,
};
use serde::Serialize;

use crate::facts::Facts;
pub(crate) use fingerprint::Fingerprint;

/// One payment at the Bank.
pub(crate) struct BankPayment {
    is_held: bool,
    pub(crate) is_charged: bool,
    /// What was decided about; once it is charged, what was charged.
    pub(crate) amount_minor: i64,
    pub(crate) refunded_minor: i128,
    pub(crate) currency: Currency,
    pub(crate) merchant: String,
    pub(crate) order_id: String,
    pub(crate) description: String,
    pub(crate) installments: u8,
    pub(crate) decline: Option<DeclineReason>,
    pub(crate) card: Option<PaymentCard>,
    /// Its document, as of the last event that changed it.
    pub(crate) document: Facts,
    /// Charged and not refunded, where that event tells it; nothing where it does not.
    pub(crate) told_minor: i128,
}

/// The card of a payment, known to the Bank or not.
pub(crate) struct PaymentCard {
    pub(crate) token: CardToken,
    pub(crate) masked: String,
    pub(crate) brand: Brand,
}

impl PaymentCard {
    fn of(card: &EventCard) -> PaymentCard {
        let EventCard { token, masked_number, brand, .. } = card;
        PaymentCard { token: token.clone(), masked: masked_number.clone(), brand: *brand }
    }
}

impl BankPayment {
    pub(crate) fn captured_minor(&self) -> i128 {
        if self.is_charged { self.amount_minor.into() } else { 0 }
    }
}

/// What a statement must have for an event.
pub(crate) struct BankLine {
    pub(crate) payment: String,
    /// As it is shown when it is new.
    pub(crate) shown: Facts,
    /// Of a hold that was captured or released since.
    pub(crate) has_ended: bool,
    /// What it adds to what its card owes; negative where that becomes less.
    pub(crate) owed_minor: i128,
    pub(crate) card: CardToken,
}

/// A card as its last event left it.
#[derive(Default)]
pub(crate) struct BankCard {
    pub(crate) balance_minor: i64,
    sequence: u64,
    /// Captured less refunded, and less what was paid on bills.
    owed_minor: i128,
    /// After its last event.
    last: Option<EventCard>,
    /// Captured less refunded, by fatura.
    faturas: BTreeMap<Cycle, i64>,
}

impl BankCard {
    /// As a statement shows it at a moment.
    pub(crate) fn shown(&self, now: Timestamp) -> Option<Facts> {
        let card = self.last.as_ref()?;
        let cycle = Cycle::at(now, card.after.as_ref()?.closing_day);
        shown::card(card, self.faturas.get(&cycle).copied().unwrap_or_default())
    }

    fn add_to_fatura(&mut self, event: &PaymentEvent, closing_day: u8) {
        let minor = match event.kind {
            EventKind::PaymentCaptured => event.amount.minor,
            EventKind::PaymentRefunded => event.amount.minor.saturating_neg(),
            _ => return,
        };
        let fatura = self.faturas.entry(Cycle::at(event.occurred_at, closing_day)).or_default();
        *fatura = fatura.saturating_add(minor);
    }
}

/// What whoever runs the Bank gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AcceptedLoss {
    /// How often: after a damage, or with a backup.
    pub n_times: u64,
    /// Events that were known of; a backup does not tell what came after it.
    pub n_events: u64,
    /// Charges, refunds and paid bills that were known of, each for itself; in minor units.
    pub moved_minor: i128,
}

/// The last position of each shard, as of later than the past that was read.
pub struct Latest(BTreeMap<Shard, u64>);

impl Latest {
    /// The last position of each shard.
    pub fn of(positions: impl IntoIterator<Item = u64>) -> Latest {
        Latest(positions.into_iter().map(|it| (Shard::of_position(it), it)).collect())
    }

    /// Whether the Bank has had events since it was read.
    pub(crate) fn is_later_than(&self, bank: &BankView) -> bool {
        self.0.values().any(|last| !bank.covers(*last))
    }

    /// Whether the Bank has no event at this position.
    pub(crate) fn lacks(&self, position: u64) -> bool {
        self.0.get(&Shard::of_position(position)).is_none_or(|last| position > *last)
    }
}

/// The Bank's past.
#[derive(Default)]
pub struct BankView {
    pub(crate) payments: HashMap<String, BankPayment>,
    pub(crate) cards: HashMap<CardToken, BankCard>,
    /// The lines of cards that the Bank knows, by position; others are on no statement.
    pub(crate) lines: HashMap<u64, BankLine>,
    /// Every event, by position.
    pub(crate) fingerprints: HashMap<u64, Fingerprint>,
    /// What cards were charged less what they were returned and what was paid on their bills.
    pub(crate) owed_minor: i128,
    /// Charges by merchant and order.
    pub(crate) charges: HashMap<(String, String), Vec<String>>,
    /// Where the lines of holds are that stand, by payment.
    holds: HashMap<String, u64>,
    /// The keys that bills were paid with.
    bills: HashSet<String>,
    /// Approvals that left less than nothing available.
    pub(crate) overspent: Vec<String>,
    /// Gaps, repetitions and balances that do not add up.
    pub(crate) broken: Vec<String>,
    /// What was given up with all events before, if anything was.
    pub(crate) accepted_loss: Option<AcceptedLoss>,
    /// The last position of each shard.
    positions: BTreeMap<Shard, u64>,
}

impl BankView {
    /// What these events tell.
    pub fn of(events: &[PaymentEvent]) -> BankView {
        let mut view = BankView::default();
        events.iter().for_each(|event| view.add(event));
        view.add_up();
        view
    }

    /// How many events were read.
    pub(crate) fn n_events(&self) -> u64 {
        self.positions.values().copied().map(Shard::in_journal).sum()
    }

    /// Begins a shard, which may have no events.
    #[cfg(feature = "ask")]
    pub(crate) fn begin(&mut self, beginning: u64) {
        self.positions.insert(Shard::of_position(beginning), beginning);
    }

    /// How far a shard was read.
    #[cfg(feature = "ask")]
    pub(crate) fn reached(&self, shard: Shard) -> u64 {
        self.positions.get(&shard).copied().unwrap_or_default()
    }

    /// Whether the event at this position was read, rather than committed later.
    pub(crate) fn covers(&self, position: u64) -> bool {
        let last = self.positions.get(&Shard::of_position(position));
        last.is_some_and(|last| position <= *last)
    }

    /// Holds the balances that the Bank told against what its events add up to.
    pub(crate) fn add_up(&mut self) {
        for (token, card) in &self.cards {
            if i128::from(card.balance_minor) != card.owed_minor {
                let (balance, owed) = (card.balance_minor, card.owed_minor);
                self.broken.push(format!("{token}: balance {balance}, owed {owed}"));
            }
        }
    }

    pub(crate) fn add(&mut self, event: &PaymentEvent) {
        let last = self.positions.entry(Shard::of_position(event.position)).or_default();
        if event.position != *last + 1 {
            self.broken.push(format!("position {} after {last}", event.position));
        }
        *last = event.position;
        self.fingerprints.insert(event.position, Fingerprint::of(event));
        self.owed_minor += owed_minor(event);
        if let Some(n_events) = event.given_up() {
            let loss = self.accepted_loss.get_or_insert_default();
            loss.n_times += 1;
            loss.n_events += n_events;
            loss.moved_minor += i128::from(event.amount.minor);
        }
        let id = event.transaction_id.to_string();
        let ends_hold = self.payments.get(&id).is_some_and(|payment| payment.is_held);
        if let Some(card) = &event.card
            && let Some(after) = &card.after
        {
            let seen = self.cards.entry(card.token.clone()).or_default();
            if card.sequence != seen.sequence + 1 {
                let text = format!("{}: {} after {}", card.token, card.sequence, seen.sequence);
                self.broken.push(text);
            }
            seen.sequence = card.sequence;
            seen.balance_minor = after.balance.minor;
            seen.owed_minor += owed_minor(event);
            seen.add_to_fatura(event, after.closing_day);
            seen.last = Some(card.clone());
            let used = i128::from(after.balance.minor) + i128::from(after.held.minor);
            let available = i128::from(after.limit.minor) - used;
            // A capture of a hold charges what was approved before.
            let is_approval = event.kind == EventKind::PaymentAuthorized
                || event.kind == EventKind::PaymentCaptured && !ends_hold;
            if is_approval && available < 0 {
                let text = format!("{}: {available} at position {}", card.token, event.position);
                self.overspent.push(text);
            }
            if let Some(shown) = shown::line(event) {
                let line = BankLine {
                    payment: id.clone(),
                    shown,
                    has_ended: false,
                    owed_minor: owed_minor(event),
                    card: card.token.clone(),
                };
                self.lines.insert(event.position, line);
            }
        }
        let ends = matches!(
            event.kind,
            EventKind::PaymentCaptured | EventKind::PaymentVoided | EventKind::PaymentExpired
        );
        if event.kind == EventKind::PaymentAuthorized {
            self.holds.insert(id.clone(), event.position);
        } else if let Some(line) = ends
            .then(|| self.holds.remove(&id))
            .flatten()
            .and_then(|position| self.lines.get_mut(&position))
        {
            line.has_ended = true;
        }
        self.follow(event, id, ends_hold);
    }

    /// The payment's next step, if it is one that can follow.
    fn follow(&mut self, event: &PaymentEvent, id: String, ends_hold: bool) {
        let merchant = event.merchant_id.as_ref().map(ToString::to_string).unwrap_or_default();
        let is_charged = event.kind == EventKind::PaymentCaptured;
        if is_charged {
            let order = (merchant.clone(), event.order_id.clone());
            self.charges.entry(order).or_default().push(id.clone());
        }
        let minor = event.amount.minor;
        let known = self.payments.get_mut(&id);
        let is_possible = match (event.kind, known) {
            (EventKind::PaymentCaptured, Some(payment)) if ends_hold => {
                let is_possible = minor <= payment.amount_minor;
                payment.is_held = false;
                payment.is_charged = true;
                payment.amount_minor = minor;
                is_possible
            }
            (EventKind::PaymentVoided | EventKind::PaymentExpired, Some(payment)) if ends_hold => {
                payment.is_held = false;
                minor == payment.amount_minor
            }
            (EventKind::PaymentRefunded, Some(payment)) if payment.is_charged => {
                payment.refunded_minor += i128::from(minor);
                payment.refunded_minor <= payment.amount_minor.into()
            }
            (
                EventKind::PaymentAuthorized
                | EventKind::PaymentCaptured
                | EventKind::PaymentDeclined,
                None,
            ) => {
                let payment = BankPayment {
                    is_held: event.kind == EventKind::PaymentAuthorized,
                    is_charged,
                    amount_minor: minor,
                    refunded_minor: 0,
                    currency: event.amount.currency,
                    merchant,
                    order_id: event.order_id.clone(),
                    description: event.description.clone(),
                    installments: event.installments,
                    decline: event.decline,
                    card: event.card.as_ref().map(PaymentCard::of),
                    document: shown::document(event),
                    told_minor: 0,
                };
                self.payments.insert(id.clone(), payment);
                true
            }
            // A key is one payment, however often it was asked for.
            (EventKind::BillPaid | EventKind::BillRefused, None) => {
                self.bills.insert(event.order_id.clone())
            }
            (
                EventKind::CardIssued
                | EventKind::CardStatusChanged
                | EventKind::CardLimitChanged
                | EventKind::PaymentOperationRefused
                | EventKind::LossAccepted,
                _,
            ) => true,
            _ => false,
        };
        let moves = event.kind != EventKind::PaymentOperationRefused;
        if let Some(payment) = self.payments.get_mut(&id).filter(|_| moves) {
            payment.document = shown::document(event);
            let known = (payment.captured_minor(), payment.refunded_minor);
            let said = event.payment.map(|it| (it.captured_minor.into(), it.refunded_minor.into()));
            payment.told_minor = if said.is_some() { known.0 - known.1 } else { 0 };
            if let Some(said) = said.filter(|said| *said != known) {
                self.broken.push(format!("payment {id}: said to be {said:?}, not {known:?}"));
            }
        }
        if !is_possible {
            let kind = event.kind.word();
            self.broken.push(format!("payment {id}: {kind} of {minor} cannot follow"));
        }
    }
}

/// What an event adds to what its card owes.
pub(crate) fn owed_minor(event: &PaymentEvent) -> i128 {
    let minor = i128::from(event.amount.minor);
    match event.kind {
        EventKind::PaymentCaptured => minor,
        EventKind::PaymentRefunded | EventKind::BillPaid => -minor,
        _ => 0,
    }
}
