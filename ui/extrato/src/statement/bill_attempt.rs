//! One attempt to pay a bill, and the key that makes it happen at most once: a second click, a
//! reload or a lost answer repeats it, and nothing is paid twice.

use bancada_ui_kit::{key, storage};
use serde::{Deserialize, Serialize};

const STORAGE_KEY: &str = "bancada.bill";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BillAttempt {
    pub(crate) key: String,
    pub(crate) token: String,
    pub(crate) amount_minor: i64,
}

impl BillAttempt {
    /// The attempt that was begun and not answered, if it is the same; a new one otherwise.
    fn of(
        stored: Option<BillAttempt>,
        token: &str,
        amount_minor: i64,
        mint: impl FnOnce() -> String,
    ) -> BillAttempt {
        stored
            .filter(|it| it.token == token && it.amount_minor == amount_minor)
            .unwrap_or_else(|| BillAttempt { key: mint(), token: token.to_owned(), amount_minor })
    }

    /// The same with what this browser remembers; remembered before it is sent.
    pub(crate) fn begin(token: &str, amount_minor: i64) -> BillAttempt {
        let attempt =
            BillAttempt::of(storage::get_local(STORAGE_KEY), token, amount_minor, key::mint);
        storage::put_local(STORAGE_KEY, &attempt);
        attempt
    }

    /// The server has answered it.
    pub(crate) fn forget() {
        storage::remove_local(STORAGE_KEY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_payment_is_repeated() {
        let first = BillAttempt { key: "old".into(), token: "a".into(), amount_minor: 5 };
        for (token, minor, key) in [("a", 5, "old"), ("a", 6, "new"), ("b", 5, "new")] {
            let found = BillAttempt::of(Some(first.clone()), token, minor, || "new".into());
            assert_eq!((found.key.as_str(), found.amount_minor), (key, minor), "{token}");
        }
        assert_eq!(BillAttempt::of(None, "a", 5, || "new".into()).key, "new");
    }
}
