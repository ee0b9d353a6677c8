//! Puts a ledger together from its parts.

use bancada_kernel::{Currency, IdempotencyKey, MerchantId, Money, Text};

use super::{
    AnswerRow, AnswerRows, CardOfPayment, Content, Part, PaymentRow, PaymentRows, Summary, Unfit,
};
use crate::ledger::account::CardAccount;
use crate::ledger::answers::Kept;
use crate::ledger::key_scope::Answer;
use crate::ledger::payment::{Payment, PaymentCard, PaymentStatus};
use crate::ledger::payments::PaymentNumber;
use crate::ledger::state::Ledger;

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
    /// Nothing yet; `n_rows_at_most` cards, payments, answers, accounts and bills may come. Room
    /// for as many as are announced is made at once, so that what announces more is refused before.
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
            Content::BillPayments(bills) => {
                let known = &mut self.ledger.bill_payments;
                bills.into_iter().for_each(|(key, payment)| known.put(key, payment));
            }
        }
        Ok(())
    }

    /// The ledger, if it is whole.
    pub fn finish(self) -> Result<Ledger, Unfit> {
        let Restoring { ledger, expected, .. } = self;
        let expected = expected.ok_or(Unfit("there is none"))?;
        let found = [
            ledger.cards.len(),
            ledger.payments.len(),
            ledger.answers.len(),
            ledger.books.len(),
            ledger.bill_payments.len(),
        ];
        let announced = [
            expected.n_cards,
            expected.n_payments,
            expected.n_answers,
            expected.n_accounts,
            expected.n_bill_payments,
        ];
        if found.map(|n| n as u64) != announced {
            return Err(Unfit("there are more or fewer rows than it announces"));
        }
        Ok(ledger)
    }

    fn begin(&mut self, summary: Summary) -> Result<(), Unfit> {
        let currency = Money::of_code(0, &summary.currency);
        let Money { currency, .. } = currency.map_err(|_| Unfit("its currency is unknown"))?;
        let Summary { n_cards, n_payments, n_answers, n_accounts, n_bill_payments, .. } = summary;
        let rows = [n_cards, n_payments, n_answers, n_accounts, n_bill_payments];
        if rows.into_iter().fold(0, u64::saturating_add) > self.n_rows_at_most {
            return Err(Unfit("it announces more rows than can be in it"));
        }
        let room = |n: u64| usize::try_from(n).unwrap_or(0);
        self.ledger = Ledger::new(currency);
        self.ledger.position = summary.position;
        self.ledger.last_event = summary.last_event;
        self.ledger.chain = summary.chain;
        self.ledger.ran = summary.ran;
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
        self.ledger.tokens.insert(card.token.clone());
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
