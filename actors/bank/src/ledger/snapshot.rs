//! The whole state in parts that can be written one by one, read in parallel and put together
//! again in order. What a part looks like as bytes, and where it is kept, is a gateway's matter.
//!
//! A snapshot saves the time of a replay and is nothing more: the journal holds the same, and is
//! never cut. So only the newest shape is known here. **Whoever changes a part, or what an entry
//! does to the state, raises [`STATE_VERSION`]**: snapshots of another version are passed over,
//! and the journal is read from its beginning, once.

use std::collections::HashMap;

use bancada_kernel::{
    CardToken, Currency, EventId, IdempotencyKey, MerchantId, Money, PaymentId, Text, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::account::CardAccount;
use super::answers::Kept;
use super::key_scope::{Answer, BodyHash, Outcome};
use super::payment::{Payment, PaymentCard, PaymentStatus, Standing};
use super::payments::PaymentNumber;
use super::posting::Account;
use super::state::Ledger;

/// The version of everything below, and of the fold that leads there.
pub const STATE_VERSION: u16 = 1;
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
}

#[derive(Debug, Serialize, Deserialize)]
struct Summary {
    currency: String,
    position: u64,
    last_event: Option<EventId>,
    latest: Timestamp,
    n_cards: u64,
    n_payments: u64,
    n_answers: u64,
    n_accounts: u64,
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
    since: Timestamp,
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
            latest: self.latest,
            n_cards: self.cards.len() as u64,
            n_payments: self.payments.rows().len() as u64,
            n_answers: self.answers.iter().len() as u64,
            n_accounts: self.books.len() as u64,
        }))?;
        let cards: Vec<&CardAccount> = self.cards.values().collect();
        for cards in cards.chunks(ROWS) {
            each(Content::Cards(cards.iter().copied().cloned().collect()))?;
        }
        let numbers: HashMap<&CardToken, u32> =
            cards.iter().map(|card| &card.token).zip(0..).collect();
        for payments in self.payments.rows().chunks(ROWS) {
            each(Content::Payments(self.payment_rows(payments, &numbers)))?;
        }
        let mut answers = self.answers.iter();
        while answers.len() > 0 {
            each(Content::Answers(self.answer_rows(answers.by_ref().take(ROWS))))?;
        }
        let books: Vec<_> = self.books().map(|(account, sum)| (account.clone(), sum)).collect();
        for books in books.chunks(ROWS) {
            each(Content::Books(books.to_vec()))?;
        }
        Ok(())
    }

    fn payment_rows(&self, payments: &[Payment], cards: &HashMap<&CardToken, u32>) -> PaymentRows {
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
        let rows = payments.iter().map(row).collect();
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

/// A ledger that is put together from its parts.
pub struct Restoring {
    ledger: Ledger,
    /// More cannot be in what the parts are read from.
    n_rows_at_most: u64,
    /// What was announced; absent before the first part.
    expected: Option<Summary>,
    /// As payments keep them, in the order of their numbers.
    cards: Vec<PaymentCard>,
}

impl Restoring {
    /// Nothing yet; `n_rows_at_most` cards, payments, answers and accounts may come. Room for as
    /// many as are announced is made at once, so that what announces more is refused before.
    pub fn new(n_rows_at_most: u64) -> Restoring {
        // The first part says which currency it really is.
        let ledger = Ledger::new(Currency::BRL);
        Restoring { ledger, n_rows_at_most, expected: None, cards: Vec::new() }
    }

    /// Adds the next part.
    pub fn add(&mut self, Part(content): Part) -> Result<(), Unfit> {
        if self.expected.is_none() != matches!(content, Content::Summary(_)) {
            return Err(Unfit("the first part, and no other, is the summary"));
        }
        match content {
            Content::Summary(summary) => self.begin(summary)?,
            Content::Cards(cards) => cards.into_iter().for_each(|card| self.add_card(card)),
            Content::Payments(PaymentRows { merchants, texts, rows }) => {
                let merchants = self.once_merchants(merchants);
                let texts: Vec<_> = texts
                    .into_iter()
                    .map(|text| self.ledger.texts.once(&text, || text.clone()))
                    .collect();
                for row in rows {
                    self.add_payment(row, &merchants, &texts)?;
                }
            }
            Content::Answers(AnswerRows { merchants, rows }) => {
                let merchants = self.once_merchants(merchants);
                for row in rows {
                    self.add_answer(row, &merchants)?;
                }
            }
            Content::Books(books) => self.ledger.books.extend(books),
        }
        Ok(())
    }

    /// The ledger, if it is whole.
    pub fn finish(self) -> Result<Ledger, Unfit> {
        let Restoring { ledger, expected, .. } = self;
        let expected = expected.ok_or(Unfit("there is none"))?;
        let found = [
            ledger.cards.len(),
            ledger.payments.rows().len(),
            ledger.answers.iter().len(),
            ledger.books.len(),
        ];
        let announced =
            [expected.n_cards, expected.n_payments, expected.n_answers, expected.n_accounts];
        if found.map(|n| n as u64) != announced {
            return Err(Unfit("there are more or fewer rows than it announces"));
        }
        Ok(ledger)
    }

    fn begin(&mut self, summary: Summary) -> Result<(), Unfit> {
        let currency = Money::of_code(0, &summary.currency);
        let Money { currency, .. } = currency.map_err(|_| Unfit("its currency is unknown"))?;
        let Summary { n_cards, n_payments, n_answers, n_accounts, .. } = summary;
        let rows = [n_cards, n_payments, n_answers, n_accounts];
        if rows.into_iter().fold(0, u64::saturating_add) > self.n_rows_at_most {
            return Err(Unfit("it announces more rows than can be in it"));
        }
        let room = |n: u64| usize::try_from(n).unwrap_or(0);
        self.ledger = Ledger::new(currency);
        self.ledger.position = summary.position;
        self.ledger.last_event = summary.last_event;
        self.ledger.latest = summary.latest;
        self.ledger.cards.reserve(room(n_cards));
        self.ledger.payments.reserve(room(n_payments));
        self.ledger.answers.reserve(room(n_answers));
        self.ledger.books.reserve(room(n_accounts));
        self.expected = Some(summary);
        Ok(())
    }

    fn once_merchants(&mut self, merchants: Vec<MerchantId>) -> Vec<MerchantId> {
        let known = &mut self.ledger.merchants;
        merchants.into_iter().map(|it| known.once(it.as_str(), || it.clone())).collect()
    }

    fn add_card(&mut self, card: CardAccount) {
        self.cards.push(PaymentCard {
            token: card.token.clone(),
            masked_number: card.masked_number.clone(),
            brand: card.brand,
        });
        self.ledger.cards.insert(card.token.clone(), card);
    }

    fn add_payment(
        &mut self,
        row: PaymentRow,
        merchants: &[MerchantId],
        texts: &[Text],
    ) -> Result<(), Unfit> {
        let text = |number: u32| {
            texts.get(number as usize).cloned().ok_or(Unfit("a payment's text is missing"))
        };
        let card = match row.card {
            None => None,
            Some(CardOfPayment::Stranger(card)) => Some(card),
            Some(CardOfPayment::Ours(number)) => {
                let card = self.cards.get(number as usize).cloned();
                Some(card.ok_or(Unfit("a payment's card is missing"))?)
            }
        };
        let payment = Payment {
            id: row.id,
            merchant: merchant(merchants, row.merchant)?,
            order_id: row.order_id,
            store: text(row.store)?,
            description: text(row.description)?,
            status: row.status,
            amount: Money { minor: row.amount_minor, currency: self.ledger.currency },
            captured_minor: row.captured_minor,
            refunded_minor: row.refunded_minor,
            card,
            installments: row.installments,
            occurred_at: row.occurred_at,
            position: row.position,
        };
        if payment.status == PaymentStatus::Authorized {
            self.ledger.holds.insert((payment.occurred_at, payment.id));
        }
        self.ledger.payments.put(payment);
        Ok(())
    }

    fn add_answer(&mut self, row: AnswerRow, merchants: &[MerchantId]) -> Result<(), Unfit> {
        let number = PaymentNumber(row.payment);
        let payment = self.ledger.payments.at(number);
        let payment = payment.ok_or(Unfit("an answer's payment is missing"))?;
        let key = match row.key {
            Some(key) => key,
            None => IdempotencyKey::of_text(&payment.order_id)
                .map_err(|_| Unfit("an answer's key is no key"))?,
        };
        let answer = Answer {
            payment: number,
            body: row.body,
            standing: row.standing,
            outcome: row.outcome,
        };
        let merchant = merchant(merchants, row.merchant)?;
        self.ledger.answers.keep(Kept { since: row.since, merchant, key, answer });
        Ok(())
    }
}

fn merchant(merchants: &[MerchantId], number: u32) -> Result<MerchantId, Unfit> {
    merchants.get(number as usize).cloned().ok_or(Unfit("a merchant is missing"))
}

#[cfg(test)]
mod tests;
