//! One attempt to pay for a cart, and the idempotency key that makes it happen at most once.
//!
//! The key is minted when the pay page is entered and outlives everything that can go wrong
//! after it: a second click, a reload, going back, a lost reply, a closed tab. It is forgotten
//! only once a settled outcome has been shown, so a payment whose outcome is open can never be
//! repeated under another key, in this tab or another.

use bancada_ui_kit::{key, storage};
use serde::{Deserialize, Serialize};

use crate::cart::Cart;

const STORAGE_KEY: &str = "bancada.attempt";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// The idempotency key; also the id of the order.
    pub(crate) key: String,
    /// What is being bought, whatever other tabs do to the cart.
    #[serde(default)]
    pub(crate) items: Cart,
    /// Whether a request with this key may have reached the server.
    pub(crate) submitted: bool,
}

/// What entering the pay page leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The form, for this attempt.
    Pay(Attempt),
    /// The receipt of an attempt whose outcome is still open.
    Resume(String),
}

/// Continues the stored attempt where it must and may, or begins a new one.
pub(crate) fn enter(stored: Option<Attempt>, cart: &Cart, mint: impl FnOnce() -> String) -> Entry {
    let is_same = |items: &Cart| items.fingerprint() == cart.fingerprint();
    match stored {
        Some(attempt) if attempt.submitted => Entry::Resume(attempt.key),
        Some(attempt) if is_same(&attempt.items) => Entry::Pay(attempt),
        _ => Entry::Pay(Attempt { key: mint(), items: cart.clone(), submitted: false }),
    }
}

/// [`enter`] with what this browser remembers; a new attempt is remembered at once.
pub(crate) fn enter_with_memory(cart: &Cart) -> Entry {
    let entry = enter(recall(), cart, key::mint);
    if let Entry::Pay(attempt) = &entry {
        remember(attempt);
    }
    entry
}

pub(crate) fn recall() -> Option<Attempt> {
    storage::get_local(STORAGE_KEY)
}

pub(crate) fn remember(attempt: &Attempt) {
    storage::put_local(STORAGE_KEY, attempt);
}

/// The outcome of `key` has been shown. Returns the attempt if it was this browser's.
pub(crate) fn forget(key: &str) -> Option<Attempt> {
    let attempt = recall().filter(|attempt| attempt.key == key)?;
    storage::remove_local(STORAGE_KEY);
    Some(attempt)
}

/// The server never saw `key`: the form may be filled in again, under the same key.
pub(crate) fn reopen(key: &str) {
    if let Some(attempt) = recall().filter(|attempt| attempt.key == key) {
        remember(&Attempt { submitted: false, ..attempt });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::CartLine;

    fn cart(slug: &str) -> Cart {
        Cart { lines: vec![CartLine { slug: slug.into(), quantity: 1 }] }
    }

    fn attempt(slug: &str, submitted: bool) -> Attempt {
        Attempt { key: "old".into(), items: cart(slug), submitted }
    }

    #[test]
    fn a_key_is_kept_until_its_outcome_is_known() {
        let fresh = Attempt { key: "new".into(), ..attempt("a", false) };
        for (stored, expected) in [
            (None, Entry::Pay(fresh.clone())),
            (Some(attempt("a", false)), Entry::Pay(attempt("a", false))),
            (Some(attempt("b", false)), Entry::Pay(fresh)),
            (Some(attempt("a", true)), Entry::Resume("old".into())),
            (Some(attempt("b", true)), Entry::Resume("old".into())),
        ] {
            let found = enter(stored.clone(), &cart("a"), || "new".into());
            assert_eq!(found, expected, "{stored:?}");
        }
    }
}
