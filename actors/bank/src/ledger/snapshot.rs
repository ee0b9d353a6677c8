//! The whole state in parts that can be written one by one, read in parallel and put together
//! again in order. What a part looks like as bytes, and where it is kept, is a gateway's matter.
//!
//! A snapshot saves the time of a replay and is nothing more: the journal holds the same, and is
//! never cut. So only the newest shape is known here. **Whoever changes a part, or what an entry
//! does to the state, raises [`STATE_VERSION`]**: snapshots of another version are passed over,
//! and the journal is read from its beginning, once.

mod restoring;

use std::collections::HashMap;

use bancada_kernel::{CardToken, EventId, IdempotencyKey, MerchantId, PaymentId, Text, Timestamp};
use serde::{Deserialize, Serialize};

use super::account::CardAccount;
use super::answers::Kept;
use super::key_scope::{Answer, BodyHash, Outcome};
use super::pay_bill::BillPayment;
use super::payment::{Payment, PaymentCard, PaymentStatus, Standing};
use super::posting::Account;
use super::run_time::RunTime;
use super::state::Ledger;
use crate::proof::Chain;
pub use restoring::Restoring;

/// The version of everything below, and of the fold that leads there.
pub const STATE_VERSION: u16 = 4;
/// Rows in one part: about a megabyte.
const ROWS: usize = 8_192;

/// A part of a ledger's state.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part(Content);

/// Why parts are not a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its parts do not fit together: {0}")]
pub struct Unfit(&'static str);

/// In this order.
#[derive(Debug, Serialize, Deserialize)]
enum Content {
    Summary(Summary),
    Cards(Vec<CardAccount>),
    Payments(PaymentRows),
    Answers(AnswerRows),
    Books(Vec<(Account, i128)>),
    BillPayments(Vec<(IdempotencyKey, BillPayment)>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Summary {
    currency: String,
    position: u64,
    last_event: Option<EventId>,
    chain: Chain,
    ran: RunTime,
    n_cards: u64,
    n_payments: u64,
    n_answers: u64,
    n_accounts: u64,
    n_bill_payments: u64,
}

/// Payments, and the texts that several of them have.
#[derive(Debug, Default, Serialize, Deserialize)]
struct PaymentRows {
    merchants: Vec<MerchantId>,
    texts: Vec<Text>,
    rows: Vec<PaymentRow>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PaymentRow {
    id: PaymentId,
    merchant: u32,
    order_id: Text,
    store: u32,
    description: u32,
    status: PaymentStatus,
    amount_minor: i64,
    captured_minor: i64,
    refunded_minor: i64,
    card: Option<CardOfPayment>,
    installments: u8,
    occurred_at: Timestamp,
    position: u64,
}

#[derive(Debug, Serialize, Deserialize)]
enum CardOfPayment {
    /// The n-th of the cards.
    Ours(u32),
    Stranger(PaymentCard),
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct AnswerRows {
    merchants: Vec<MerchantId>,
    rows: Vec<AnswerRow>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AnswerRow {
    since: RunTime,
    merchant: u32,
    /// Absent where it is the order of its payment.
    key: Option<IdempotencyKey>,
    payment: u32,
    body: Option<BodyHash>,
    standing: Standing,
    outcome: Outcome,
}

/// Numbers the values of one part by their first appearance.
struct Numbers<T>(HashMap<T, u32>, Vec<T>);

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn new() -> Numbers<T> {
        Numbers(HashMap::new(), Vec::new())
    }

    fn of(&mut self, value: &T) -> u32 {
        if let Some(number) = self.0.get(value) {
            return *number;
        }
        let number = u32::try_from(self.1.len()).expect("a part has fewer rows");
        self.0.insert(value.clone(), number);
        self.1.push(value.clone());
        number
    }
}

impl Ledger {
    /// Hands over the whole state, part by part, until `each` says no.
    pub fn parts<E>(&self, mut each: impl FnMut(Part) -> Result<(), E>) -> Result<(), E> {
        let mut each = |content| each(Part(content));
        each(Content::Summary(Summary {
            currency: self.currency.code().to_owned(),
            position: self.position,
            last_event: self.last_event,
            chain: self.chain,
            ran: self.ran,
            n_cards: self.cards.len() as u64,
            n_payments: self.payments.len() as u64,
            n_answers: self.answers.len() as u64,
            n_accounts: self.books.len() as u64,
            n_bill_payments: self.bill_payments.len() as u64,
        }))?;
        let cards: Vec<&CardAccount> = self.cards.values().collect();
        for cards in cards.chunks(ROWS) {
            each(Content::Cards(cards.iter().copied().cloned().collect()))?;
        }
        let numbers: HashMap<&CardToken, u32> =
            cards.iter().map(|card| &card.token).zip(0..).collect();
        let mut payments = self.payments.iter().peekable();
        while payments.peek().is_some() {
            let rows = self.payment_rows(payments.by_ref().take(ROWS), &numbers);
            each(Content::Payments(rows))?;
        }
        let mut answers = self.answers.iter().peekable();
        while answers.peek().is_some() {
            each(Content::Answers(self.answer_rows(answers.by_ref().take(ROWS))))?;
        }
        let books: Vec<_> = self.books().map(|(account, sum)| (account.clone(), sum)).collect();
        for books in books.chunks(ROWS) {
            each(Content::Books(books.to_vec()))?;
        }
        let bills: Vec<_> = self.bill_payments.iter().collect();
        for bills in bills.chunks(ROWS) {
            let bills = bills.iter().map(|(key, payment)| ((*key).clone(), (*payment).clone()));
            each(Content::BillPayments(bills.collect()))?;
        }
        Ok(())
    }

    fn payment_rows<'a>(
        &self,
        payments: impl Iterator<Item = &'a Payment>,
        cards: &HashMap<&CardToken, u32>,
    ) -> PaymentRows {
        let (mut merchants, mut texts) = (Numbers::new(), Numbers::new());
        let row = |payment: &Payment| PaymentRow {
            id: payment.id,
            merchant: merchants.of(&payment.merchant),
            order_id: payment.order_id.clone(),
            store: texts.of(&payment.store),
            description: texts.of(&payment.description),
            status: payment.status,
            amount_minor: payment.amount.minor,
            captured_minor: payment.captured_minor,
            refunded_minor: payment.refunded_minor,
            card: payment.card.as_ref().map(|card| self.card_of_payment(card, cards)),
            installments: payment.installments,
            occurred_at: payment.occurred_at,
            position: payment.position,
        };
        let rows = payments.map(row).collect();
        PaymentRows { merchants: merchants.1, texts: texts.1, rows }
    }

    fn card_of_payment(
        &self,
        card: &PaymentCard,
        numbers: &HashMap<&CardToken, u32>,
    ) -> CardOfPayment {
        let account = self.cards.get(&card.token);
        let is_same = account.is_some_and(|account| {
            account.masked_number == card.masked_number && account.brand == card.brand
        });
        match numbers.get(&card.token).filter(|_| is_same) {
            Some(number) => CardOfPayment::Ours(*number),
            None => CardOfPayment::Stranger(card.clone()),
        }
    }

    fn answer_rows<'a>(&self, answers: impl Iterator<Item = &'a Kept>) -> AnswerRows {
        let mut merchants = Numbers::new();
        let row = |kept: &Kept| {
            let Answer { payment, body, standing, outcome } = kept.answer;
            let order = self.payments.at(payment).map(|payment| &payment.order_id);
            let is_order = order.is_some_and(|order| order == kept.key.text());
            AnswerRow {
                since: kept.since,
                merchant: merchants.of(&kept.merchant),
                key: (!is_order).then(|| kept.key.clone()),
                payment: payment.0,
                body,
                standing,
                outcome,
            }
        };
        let rows = answers.map(row).collect();
        AnswerRows { merchants: merchants.1, rows }
    }
}

#[cfg(test)]
mod tests;
