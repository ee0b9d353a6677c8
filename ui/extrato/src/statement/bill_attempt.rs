//! Attempts to pay a card's bill, and the keys that make each happen at most once: a second click,
//! a reload or a lost answer repeats its key, and nothing is paid twice.
//!
//! A key is kept until its answer is known, or until its payment is seen among the card's: then
//! the same amount again is another payment, asked for on purpose.

use bancada_proto::web::BillPayment;
use bancada_ui_kit::{key, storage};
use serde::{Deserialize, Serialize};

/// With the card's token behind it.
const STORAGE_KEY: &str = "bancada.bills.";

/// One whose answer is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BillAttempt {
    pub(crate) key: String,
    pub(crate) amount_minor: i64,
}

/// The open attempt of this amount, if there is one; a new one otherwise, which is open from now
/// on. And whether it was open before.
fn of_amount(
    open: &mut Vec<BillAttempt>,
    amount_minor: i64,
    mint: impl FnOnce() -> String,
) -> (BillAttempt, bool) {
    if let Some(same) = open.iter().find(|attempt| attempt.amount_minor == amount_minor) {
        return (same.clone(), true);
    }
    let attempt = BillAttempt { key: mint(), amount_minor };
    open.push(attempt.clone());
    (attempt, false)
}

/// The attempts whose payments are among these, which are open no more.
fn end_seen(open: &mut Vec<BillAttempt>, payments: &[BillPayment]) -> Vec<BillAttempt> {
    let is_seen = |attempt: &BillAttempt| payments.iter().any(|payment| payment.id == attempt.key);
    let (seen, unseen) = open.drain(..).partition(is_seen);
    *open = unseen;
    seen
}

/// The card's open attempts, as this browser remembers them.
pub(crate) fn open(token: &str) -> Vec<BillAttempt> {
    storage::get_local(&place(token)).unwrap_or_default()
}

/// The attempt to pay this amount, remembered before it is sent, and whether it repeats one.
pub(crate) fn begin(token: &str, amount_minor: i64) -> (BillAttempt, bool) {
    change(token, |open| of_amount(open, amount_minor, key::mint))
}

/// The answer of this attempt is known.
pub(crate) fn end(token: &str, key: &str) {
    change(token, |open| open.retain(|attempt| attempt.key != key));
}

/// These are payments of the card; the result is which open attempts became one of them.
pub(crate) fn see(token: &str, payments: &[BillPayment]) -> Vec<BillAttempt> {
    change(token, |open| end_seen(open, payments))
}

fn change<T>(token: &str, change: impl FnOnce(&mut Vec<BillAttempt>) -> T) -> T {
    let mut attempts = open(token);
    let result = change(&mut attempts);
    match attempts.is_empty() {
        true => storage::remove_local(&place(token)),
        false => storage::put_local(&place(token), &attempts),
    }
    result
}

fn place(token: &str) -> String {
    format!("{STORAGE_KEY}{token}")
}

#[cfg(test)]
mod tests {
    use bancada_proto::web::Money;

    use super::*;

    fn payment(id: &str) -> BillPayment {
        let amount = Money { amount_minor: 5, currency: "BRL".to_owned() };
        let (id, status) = (id.to_owned(), "pending".to_owned());
        BillPayment { id, status, amount, asked_at_ms: 0, decline: None }
    }

    #[test]
    fn the_same_amount_is_repeated_until_its_payment_is_seen() {
        let mut open = Vec::new();
        let begin =
            |open: &mut Vec<_>, minor, key: &str| of_amount(open, minor, || key.to_owned()).0.key;
        assert_eq!(begin(&mut open, 5, "first"), "first");
        assert_eq!(begin(&mut open, 6, "other"), "other");
        assert_eq!(begin(&mut open, 5, "again"), "first", "an answer is not known");
        assert_eq!(end_seen(&mut open, &[payment("another")]), []);
        let seen = end_seen(&mut open, &[payment("another"), payment("first")]);
        assert_eq!(seen, [BillAttempt { key: "first".into(), amount_minor: 5 }]);
        assert_eq!(begin(&mut open, 5, "second"), "second", "it is asked for on purpose");
        assert_eq!(begin(&mut open, 6, "again"), "other");
        let is_repeated = [6, 7].map(|minor| of_amount(&mut open, minor, || "new".into()).1);
        assert_eq!(is_repeated, [true, false]);
    }
}
