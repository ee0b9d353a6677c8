//! What was typed into the card form, kept for another try: in memory, without the security code,
//! for some minutes, and only until something was paid.

use std::cell::RefCell;

use gloo_timers::callback::Timeout;

use super::check::CardInput;

/// A buyer who corrects a digit needs no longer.
const KEPT_MS: u32 = 10 * 60 * 1_000;

/// A form as it was sent.
#[derive(Clone, PartialEq)]
pub(crate) struct Typed {
    pub(crate) card: CardInput,
    pub(crate) installments: u32,
}

impl Typed {
    /// What may be kept of it.
    fn without_code(self) -> Typed {
        let card = CardInput { cvv: String::new(), ..self.card };
        Typed { card, ..self }
    }

    /// What is left for another card of the same holder.
    fn without_card(self) -> Typed {
        let card = CardInput { holder: self.card.holder, ..CardInput::default() };
        Typed { card, ..self }
    }
}

thread_local! {
    static KEPT: RefCell<Option<(Typed, Timeout)>> = const { RefCell::new(None) };
}

/// Keeps a form that was sent, but for its security code.
pub(crate) fn keep(typed: Typed) {
    let forgets = Timeout::new(KEPT_MS, forget);
    KEPT.set(Some((typed.without_code(), forgets)));
}

/// What is kept.
pub(crate) fn recall() -> Option<Typed> {
    KEPT.with_borrow(|kept| kept.as_ref().map(|(typed, _)| typed.clone()))
}

/// Another card is wanted.
pub(crate) fn forget_card() {
    if let Some(typed) = recall() {
        keep(typed.without_card());
    }
}

/// Something was paid, or it is long ago.
pub(crate) fn forget() {
    KEPT.set(None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_security_code_is_kept_and_another_card_has_nothing_of_the_first() {
        let [number, holder, expiry, cvv] = ["4242", "Ana", "12/35", "123"].map(str::to_owned);
        let typed = Typed { card: CardInput { number, holder, expiry, cvv }, installments: 3 };
        let kept = typed.without_code();
        assert_eq!((kept.card.number.as_str(), kept.card.expiry.as_str()), ("4242", "12/35"));
        assert_eq!((kept.card.cvv.as_str(), kept.installments), ("", 3));
        let other = kept.without_card();
        let holder = CardInput { holder: "Ana".to_owned(), ..CardInput::default() };
        assert!(other == Typed { card: holder, installments: 3 });
    }
}
