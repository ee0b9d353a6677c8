//! What a ledger has while it is loaded: its state, and what it does with a decision.

use std::sync::mpsc::Sender;

use bancada_kernel::{CardToken, IdempotencyKey};

use crate::answer::{BankError, BillAnswer, OperationAnswer, PaymentAnswer};
use crate::ledger::{Answered, CardAccount, Decision, Entry, Ledger, Refusal, Run};
use crate::shell::journal_thread::Order;
use crate::shell::pending::Pending;
use crate::shell::reply::AnswerTo;

/// The state, and the way to the journal.
pub(crate) struct Core {
    pub(crate) ledger: Ledger,
    pub(crate) journal: Sender<Vec<Order>>,
    /// Since it was loaded.
    pub(crate) run: Run,
    /// What was decided since the mailbox was last empty: it goes to the journal as one, so that
    /// the journal's thread is woken once, and finds a batch.
    pub(crate) open: Vec<Order>,
}

impl Core {
    /// Answers once everything seen so far is durable.
    pub(crate) fn observe<T, E>(
        &mut self,
        reply: impl AnswerTo<T, E>,
        answer: Result<T, BankError<E>>,
    ) where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.send(Order::Observe(Pending::new(reply, answer)));
    }

    pub(crate) fn send(&mut self, order: Order) {
        self.open.push(order);
    }

    pub(crate) fn flush(&mut self) {
        if !self.open.is_empty() {
            // Should the thread have ended, the orders and their replies are dropped, and the
            // callers learn that the outcome is unknown. The journal's supervisor starts both
            // anew.
            let _ = self.journal.send(std::mem::take(&mut self.open));
        }
    }

    /// Answers a merchant's request: with what is recorded now, or was recorded before.
    pub(crate) fn settle<T, E>(
        &mut self,
        decision: Result<Decision, E>,
        reply: impl AnswerTo<T, E>,
        read: impl FnOnce(Answered, bool) -> Option<T>,
    ) where
        T: Send + 'static,
        E: Send + 'static,
    {
        match decision {
            Err(error) => self.observe(reply, Err(BankError::Refused(error))),
            Ok(Decision::Replay(answer)) => {
                let given = self.ledger.given(answer).and_then(|given| read(given, true));
                self.observe(reply, given.ok_or(BankError::UnknownOutcome));
            }
            Ok(Decision::Record(entry)) => {
                self.ledger.apply(&entry);
                let given = self.ledger.answer_of(&entry).and_then(|given| read(given, false));
                let pending = Pending::new(reply, given.ok_or(BankError::UnknownOutcome));
                self.send(Order::Append(entry, pending));
            }
        }
    }

    /// Answers with the card, as it is after the entry, if there is one.
    pub(crate) fn settle_card<E: Send + 'static>(
        &mut self,
        decision: Result<Option<Entry>, E>,
        token: &CardToken,
        reply: impl AnswerTo<CardAccount, E>,
    ) {
        let entry = match decision {
            Err(error) => return self.observe(reply, Err(BankError::Refused(error))),
            Ok(entry) => entry,
        };
        if let Some(entry) = &entry {
            self.ledger.apply(entry);
        }
        let card = self.ledger.card(token).cloned().ok_or(BankError::UnknownOutcome);
        match entry {
            Some(entry) => self.send(Order::Append(Box::new(entry), Pending::new(reply, card))),
            None => self.observe(reply, card),
        }
    }

    /// Answers with the payment of a bill that its key led to, now or before.
    pub(crate) fn settle_bill<E: Send + 'static>(
        &mut self,
        decision: Result<Option<Entry>, E>,
        key: &IdempotencyKey,
        reply: impl AnswerTo<BillAnswer, E>,
    ) {
        let entry = match decision {
            Err(error) => return self.observe(reply, Err(BankError::Refused(error))),
            Ok(entry) => entry,
        };
        if let Some(entry) = &entry {
            self.ledger.apply(entry);
        }
        let replayed = entry.is_none();
        let payment = self.ledger.bill_payment(key).cloned();
        let answer = payment.map(|payment| BillAnswer { payment, replayed });
        let answer = answer.ok_or(BankError::UnknownOutcome);
        match entry {
            Some(entry) => self.send(Order::Append(Box::new(entry), Pending::new(reply, answer))),
            None => self.observe(reply, answer),
        }
    }
}

pub(crate) fn payment_answer(
    Answered { payment, .. }: Answered,
    replayed: bool,
) -> Option<PaymentAnswer> {
    Some(PaymentAnswer { payment, replayed })
}

/// `None` only where a key led to another kind of operation, which its body rules out.
pub(crate) fn operation_answer<R: TryFrom<Refusal>>(
    Answered { payment, refusal }: Answered,
    replayed: bool,
) -> Option<OperationAnswer<R>> {
    let outcome = match refusal {
        None => Ok(payment),
        Some(refusal) => Err(R::try_from(refusal).ok()?),
    };
    Some(OperationAnswer { outcome, replayed })
}
