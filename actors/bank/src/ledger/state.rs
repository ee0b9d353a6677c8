//! The ledger's state and the fold that makes it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};

use bancada_kernel::{
    CardToken, Currency, EventKind, IdempotencyKey, MerchantId, Money, PaymentEvent, PaymentId,
};

use super::account::CardAccount;
use super::entry::Entry;
use super::key_scope::BodyHash;
use super::payment::{Payment, PaymentCard, PaymentStatus};
use super::posting::{Account, Posting};

/// The answer to an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Answer {
    pub(super) payment: PaymentId,
    pub(super) body: Option<BodyHash>,
}

/// Everything the Bank knows, as of one position of its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    currency: Currency,
    position: u64,
    cards: HashMap<CardToken, CardAccount>,
    payments: HashMap<PaymentId, Payment>,
    answers: HashMap<(MerchantId, IdempotencyKey), Answer>,
    /// Sum of the postings of each account, kept apart from the cards' balances so that the two
    /// can be held against each other.
    books: HashMap<Account, i64>,
}

impl Ledger {
    /// An empty ledger of one currency.
    pub fn new(currency: Currency) -> Ledger {
        Ledger {
            currency,
            position: 0,
            cards: HashMap::new(),
            payments: HashMap::new(),
            answers: HashMap::new(),
            books: HashMap::new(),
        }
    }

    /// The currency of every amount in it.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Position of the last entry applied; 0 when empty.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// A card.
    pub fn card(&self, token: &CardToken) -> Option<&CardAccount> {
        self.cards.get(token)
    }

    /// Every card, in no order.
    pub fn cards(&self) -> impl Iterator<Item = &CardAccount> {
        self.cards.values()
    }

    /// A payment.
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.get(&id)
    }

    /// Every payment, in no order.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.values()
    }

    /// The payment that a merchant's key led to.
    pub fn payment_of_key(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<&Payment> {
        self.answer(merchant, key).and_then(|answer| self.payment(answer.payment))
    }

    /// Every account's sum of postings, in no order.
    pub fn books(&self) -> impl Iterator<Item = (&Account, i64)> {
        self.books.iter().map(|(account, sum)| (account, *sum))
    }

    pub(super) fn answer(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<Answer> {
        // A tuple key cannot be looked up by parts; the two clones are short strings.
        self.answers.get(&(merchant.clone(), key.clone())).copied()
    }

    /// Folds the next entry into the state. Entries come from a decision on this very state or
    /// from the journal, in order; an impossible one is a bug or a damaged journal.
    pub fn apply(&mut self, entry: &Entry) {
        let event = &entry.event;
        self.position = event.position;
        match event.kind {
            EventKind::CardIssued => self.open_card(entry),
            EventKind::CardStatusChanged => self.follow_card(event),
            EventKind::PaymentAuthorized => {
                self.follow_card(event);
                self.remember(entry, PaymentStatus::Authorized, 0);
            }
            EventKind::PaymentCaptured => {
                self.post(&entry.postings);
                self.follow_card(event);
                self.remember(entry, PaymentStatus::Captured, event.amount.minor);
            }
            EventKind::PaymentDeclined => {
                self.follow_card(event);
                if let Some(reason) = event.decline {
                    self.remember(entry, PaymentStatus::Declined(reason), 0);
                }
            }
            // No command of this ledger makes them.
            EventKind::PaymentVoided | EventKind::PaymentRefunded => {}
        }
    }

    fn open_card(&mut self, entry: &Entry) {
        let (Some(card), Some(issued)) = (&entry.event.card, &entry.issued) else { return };
        let Some(after) = &card.after else { return };
        let account = CardAccount {
            token: card.token.clone(),
            masked_number: card.masked_number.clone(),
            brand: card.brand,
            holder: after.holder.clone(),
            expiry: issued.expiry,
            limit: after.limit,
            balance: Money { minor: 0, currency: self.currency },
            held: Money { minor: 0, currency: self.currency },
            status: after.status,
            closing_day: after.closing_day,
            due_day: after.due_day,
            always_declines: issued.always_declines,
            sequence: card.sequence,
        };
        self.cards.insert(card.token.clone(), account);
    }

    /// Takes over the card as the event says it stands afterwards.
    fn follow_card(&mut self, event: &PaymentEvent) {
        let Some(card) = &event.card else { return };
        let (Some(account), Some(after)) = (self.cards.get_mut(&card.token), &card.after) else {
            return;
        };
        account.sequence = card.sequence;
        account.limit = after.limit;
        account.balance = after.balance;
        account.held = after.held;
        account.status = after.status;
    }

    fn post(&mut self, postings: &[Posting]) {
        for posting in postings {
            *self.books.entry(posting.account.clone()).or_default() += posting.amount_minor;
        }
    }

    fn remember(&mut self, entry: &Entry, status: PaymentStatus, captured_minor: i64) {
        let event = &entry.event;
        let Some(merchant) = &event.merchant_id else { return };
        let payment = Payment {
            id: event.transaction_id,
            merchant: merchant.clone(),
            order_id: event.order_id.clone(),
            status,
            amount: event.amount,
            captured_minor,
            card: event.card.as_ref().map(|card| PaymentCard {
                token: card.token.clone(),
                masked_number: card.masked_number.clone(),
                brand: card.brand,
            }),
            installments: event.installments,
            occurred_at: event.occurred_at,
            position: event.position,
        };
        if let Some(request) = &entry.request {
            let answer = Answer { payment: payment.id, body: request.body };
            self.answers.insert((merchant.clone(), request.key.clone()), answer);
        }
        self.payments.insert(payment.id, payment);
    }

    /// A hash of the whole state, equal for equal states within one build (L6).
    pub fn state_hash(&self) -> u64 {
        // Maps have no order of their own: the hashes of their items are combined by a sum.
        fn item(value: impl std::hash::Hash) -> u64 {
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            hasher.finish()
        }
        let parts = [
            self.cards.values().map(item).fold(0, u64::wrapping_add),
            self.payments.values().map(item).fold(0, u64::wrapping_add),
            self.answers.iter().map(item).fold(0, u64::wrapping_add),
            self.books.iter().map(item).fold(0, u64::wrapping_add),
        ];
        item((self.currency.numeric(), self.position, parts))
    }
}
