//! The ledger's state and the fold that makes it.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hasher as _};
use std::ops::Bound;

use bancada_kernel::{
    CardToken, Currency, EventCard, EventId, EventKind, IdempotencyKey, MerchantId, Money,
    PaymentEvent, PaymentId, Text, Timestamp,
};

use super::account::CardAccount;
use super::answers::{Answers, Kept};
use super::entry::Entry;
use super::key_scope::{Answer, Answered, Outcome};
use super::pay_bill::{BillPayment, BillPayments};
use super::payment::{Payment, PaymentCard, PaymentStatus};
use super::payments::Payments;
use super::posting::{Account, Posting};
use super::repeated_texts::RepeatedTexts;
use super::run_time::RunTime;
use crate::proof::{Chain, Mark};

/// Everything the Bank knows, as of one position of its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub(super) currency: Currency,
    pub(super) position: u64,
    pub(super) last_event: Option<EventId>,
    pub(super) chain: Chain,
    /// How long Banks had run by the last entry: what the age of answers is measured by.
    pub(super) ran: RunTime,
    pub(super) cards: HashMap<CardToken, CardAccount>,
    /// The cards' tokens in order: whoever lists them asks for a page at a time.
    pub(super) tokens: BTreeSet<CardToken>,
    pub(super) payments: Payments,
    pub(super) answers: Answers,
    pub(super) bill_payments: BillPayments,
    /// The payments that are authorized and no more, by age: what expires first is first.
    pub(super) holds: BTreeSet<(Timestamp, PaymentId)>,
    /// Sum of the postings of each account, kept apart from the cards' balances so that the two
    /// can be held against each other. As wide as no sum of postings can outgrow.
    pub(super) books: HashMap<Account, i128>,
    pub(super) texts: RepeatedTexts<Text>,
    pub(super) merchants: RepeatedTexts<MerchantId>,
}

impl Ledger {
    /// An empty ledger of one currency.
    pub fn new(currency: Currency) -> Ledger {
        Ledger {
            currency,
            position: 0,
            last_event: None,
            chain: Chain::default(),
            ran: RunTime::default(),
            cards: HashMap::new(),
            tokens: BTreeSet::new(),
            payments: Payments::default(),
            answers: Answers::default(),
            bill_payments: BillPayments::default(),
            holds: BTreeSet::new(),
            books: HashMap::new(),
            texts: RepeatedTexts::default(),
            merchants: RepeatedTexts::default(),
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

    /// The event of the last entry applied: with its position, it says which journal this is.
    pub fn last_event(&self) -> Option<EventId> {
        self.last_event
    }

    /// How far it has come, and over which past.
    pub fn mark(&self) -> Mark {
        Mark { position: self.position, chain: self.chain }
    }

    /// How long Banks had run by the last entry applied.
    pub fn ran(&self) -> RunTime {
        self.ran
    }

    /// A card.
    pub fn card(&self, token: &CardToken) -> Option<&CardAccount> {
        self.cards.get(token)
    }

    /// Every card, in no order.
    pub fn cards(&self) -> impl Iterator<Item = &CardAccount> {
        self.cards.values()
    }

    /// Cards in the order of their tokens, after one or from the first.
    pub fn cards_after(&self, after: Option<&CardToken>) -> impl Iterator<Item = &CardAccount> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.tokens.range((from, Bound::Unbounded)).filter_map(|token| self.cards.get(token))
    }

    /// A payment.
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.get(id)
    }

    /// Every payment, in the order in which they were made.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter()
    }

    /// The payment that a merchant's key led to, as long as its answer is kept.
    pub fn payment_of_key(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<&Payment> {
        self.answer(merchant, key).and_then(|answer| self.answered_payment(answer))
    }

    /// The payment whose hold is the oldest.
    pub fn oldest_hold(&self) -> Option<&Payment> {
        self.holds.first().and_then(|(_, id)| self.payment(*id))
    }

    /// The payment of a bill that a key led to.
    pub fn bill_payment(&self, key: &IdempotencyKey) -> Option<&BillPayment> {
        self.bill_payments.get(key)
    }

    /// Every account's sum of postings, in no order.
    pub fn books(&self) -> impl Iterator<Item = (&Account, i128)> {
        self.books.iter().map(|(account, sum)| (account, *sum))
    }

    /// The keys whose answers are kept, with their merchants; the oldest first.
    pub fn answered_keys(&self) -> impl Iterator<Item = (&MerchantId, &IdempotencyKey)> {
        self.answers.iter().map(|kept| (&kept.merchant, &kept.key))
    }

    /// The keys that bills were paid with, in no order.
    pub fn bill_keys(&self) -> impl Iterator<Item = &IdempotencyKey> {
        self.bill_payments.iter().map(|(key, _)| key)
    }

    pub(super) fn answer(&self, merchant: &MerchantId, key: &IdempotencyKey) -> Option<Answer> {
        self.answers.get(merchant, key)
    }

    pub(super) fn answered_payment(&self, answer: Answer) -> Option<&Payment> {
        self.payments.at(answer.payment)
    }

    /// Folds the next entry into the state. Entries come from a decision on this very state or
    /// from the journal, in order; an impossible one is a bug or a damaged journal.
    pub fn apply(&mut self, entry: &Entry) {
        let event = &entry.event;
        self.position = event.position;
        self.last_event = Some(event.event_id);
        self.chain = self.chain.then(event.hash());
        self.ran = self.ran.max(entry.run_time());
        let Ledger { answers, payments, ran, .. } = self;
        let is_held = |it: &Payment| it.status == PaymentStatus::Authorized;
        answers.forget(*ran, |number| payments.at(number).is_some_and(is_held));
        match event.kind {
            EventKind::CardIssued => self.open_card(entry),
            EventKind::CardStatusChanged | EventKind::CardLimitChanged => self.follow_card(event),
            EventKind::PaymentAuthorized => {
                self.follow_card(event);
                self.holds.insert((event.occurred_at, event.transaction_id));
                self.remember(entry, PaymentStatus::Authorized, 0);
            }
            EventKind::PaymentCaptured => {
                self.post(&entry.postings);
                self.follow_card(event);
                // A sale is one step; what is known already was authorized before.
                if self.payments.number(event.transaction_id).is_some() {
                    self.go_on(entry, |payment| {
                        payment.status = PaymentStatus::Captured;
                        payment.captured_minor = event.amount.minor;
                    });
                } else {
                    self.remember(entry, PaymentStatus::Captured, event.amount.minor);
                }
            }
            EventKind::PaymentDeclined => {
                self.follow_card(event);
                if let Some(reason) = event.decline {
                    self.remember(entry, PaymentStatus::Declined(reason), 0);
                }
            }
            EventKind::PaymentVoided => {
                self.follow_card(event);
                self.go_on(entry, |payment| payment.status = PaymentStatus::Voided);
            }
            EventKind::PaymentExpired => {
                self.follow_card(event);
                self.go_on(entry, |payment| payment.status = PaymentStatus::Expired);
            }
            EventKind::PaymentRefunded => {
                self.post(&entry.postings);
                self.follow_card(event);
                self.go_on(entry, |payment| {
                    payment.refunded_minor =
                        payment.refunded_minor.saturating_add(event.amount.minor);
                    if payment.refundable_minor() == 0 {
                        payment.status = PaymentStatus::Refunded;
                    }
                });
            }
            EventKind::BillPaid | EventKind::BillRefused => {
                self.post(&entry.postings);
                self.follow_card(event);
                self.remember_bill(event);
            }
            EventKind::LossAccepted => {}
            EventKind::PaymentOperationRefused => {
                if let Some(refusal) = entry.refusal {
                    self.keep_answer(entry, Outcome::Refused(refusal));
                }
            }
        }
    }

    fn open_card(&mut self, entry: &Entry) {
        let (Some(card), Some(issued)) = (&entry.event.card, &entry.issued) else { return };
        let Some(after) = &card.after else { return };
        let account = CardAccount {
            token: card.token.clone(),
            masked_number: Text::from(card.masked_number.as_str()),
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
        self.tokens.insert(card.token.clone());
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
            *self.books.entry(posting.account.clone()).or_default() +=
                i128::from(posting.amount_minor);
        }
    }

    /// A payment that was not known before, with its answer.
    fn remember(&mut self, entry: &Entry, status: PaymentStatus, captured_minor: i64) {
        let event = &entry.event;
        let Some(merchant) = &event.merchant_id else { return };
        let key = entry.request.as_ref().map(|request| request.key.text());
        let payment = Payment {
            id: event.transaction_id,
            merchant: self.merchants.once(merchant.as_str(), || merchant.clone()),
            // A shop's key is often its order.
            order_id: match key.filter(|key| ***key == *event.order_id) {
                Some(key) => key.clone(),
                None => Text::from(event.order_id.as_str()),
            },
            store: self.texts.once(&event.store, || Text::from(event.store.as_str())),
            description: self
                .texts
                .once(&event.description, || Text::from(event.description.as_str())),
            status,
            amount: event.amount,
            captured_minor,
            refunded_minor: 0,
            card: event.card.as_ref().map(|card| self.payment_card(card)),
            installments: event.installments,
            occurred_at: event.occurred_at,
            position: event.position,
        };
        self.payments.put(payment);
        self.keep_answer(entry, Outcome::Decided);
    }

    fn remember_bill(&mut self, event: &PaymentEvent) {
        let key = IdempotencyKey::parse(&event.order_id);
        let (Ok(key), Some(card)) = (key, &event.card) else { return };
        let account = self.cards.get(&card.token);
        let payment = BillPayment {
            id: event.transaction_id,
            token: account.map_or_else(|| card.token.clone(), |account| account.token.clone()),
            amount: event.amount,
            refused: event.decline,
            occurred_at: event.occurred_at,
            position: event.position,
        };
        self.bill_payments.put(key, payment);
    }

    /// The card as a payment keeps it: in the bytes of its account, if it has one.
    fn payment_card(&self, card: &EventCard) -> PaymentCard {
        let account = self.cards.get(&card.token);
        let (token, masked_number) = match account {
            Some(account) if account.masked_number == *card.masked_number => {
                (account.token.clone(), account.masked_number.clone())
            }
            _ => (card.token.clone(), Text::from(card.masked_number.as_str())),
        };
        PaymentCard { token, masked_number, brand: card.brand }
    }

    /// The next step in a known payment's life; none leads back to a hold.
    fn go_on(&mut self, entry: &Entry, change: impl FnOnce(&mut Payment)) {
        let event = &entry.event;
        let Some(payment) = self.payments.get_mut(event.transaction_id) else { return };
        change(payment);
        payment.position = event.position;
        self.holds.remove(&(payment.occurred_at, payment.id));
        self.keep_answer(entry, Outcome::Done);
    }

    /// Keeps the answer to the key that the entry was asked for with: the payment as it now stands.
    fn keep_answer(&mut self, entry: &Entry, outcome: Outcome) {
        let (Some(request), Some(merchant)) = (&entry.request, &entry.event.merchant_id) else {
            return;
        };
        let Some(number) = self.payments.number(entry.event.transaction_id) else { return };
        let Some(standing) = self.payments.at(number).map(Payment::standing) else { return };
        let answer = Answer { payment: number, body: request.body, standing, outcome };
        let merchant = self.merchants.once(merchant.as_str(), || merchant.clone());
        let since = self.ran;
        self.answers.keep(Kept { since, merchant, key: request.key.clone(), answer });
    }

    /// The answer that an entry is, once it is applied.
    pub fn answer_of(&self, entry: &Entry) -> Option<Answered> {
        let payment = self.payment(entry.event.transaction_id)?.clone();
        Some(Answered { payment, refusal: entry.refusal })
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
            self.payments().map(item).fold(0, u64::wrapping_add),
            self.answers.iter().map(item).fold(0, u64::wrapping_add),
            self.bill_payments.iter().map(item).fold(0, u64::wrapping_add),
            self.books.iter().map(item).fold(0, u64::wrapping_add),
            item(&self.holds),
        ];
        let last = (self.position, self.last_event, self.ran);
        item((self.currency.numeric(), last, parts))
    }
}

#[cfg(test)]
mod tests;

/// Ways to break a state, to see that an invariant finds it.
#[cfg(test)]
impl Ledger {
    pub(super) fn cards_mut(&mut self) -> impl Iterator<Item = &mut CardAccount> {
        self.cards.values_mut()
    }

    pub(super) fn payments_mut(&mut self) -> impl Iterator<Item = &mut Payment> {
        self.payments.iter_mut()
    }

    pub(super) fn books_mut(&mut self) -> impl Iterator<Item = (&Account, &mut i128)> {
        self.books.iter_mut()
    }

    pub(super) fn forget_answers(&mut self) {
        self.answers.clear();
    }
}
