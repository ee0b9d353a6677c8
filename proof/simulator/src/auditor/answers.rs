//! What merchants, and those who look after cards, were told, against the books.

use std::collections::HashSet;

use bancada_bank::ledger::Refusal;
use bancada_kernel::{EventKind, MerchantId};

use super::books::{Books, Effect};
use crate::evidence::{Asked, CardTold, Evidence, Heard, What};

/// Whose requests are in the shop's books rather than in a merchant's log.
pub(super) const SHOP: &str = "loja";

pub(super) fn check(evidence: &Evidence, books: &Books, breaches: &mut Vec<String>) {
    let mut known = HashSet::new();
    for asked in &evidence.asked {
        known.insert((&asked.merchant, &asked.key));
        let effect = books.effects.get(&(asked.merchant.clone(), asked.key.clone()));
        check_asked(asked, effect, breaches);
    }
    for (merchant, key) in books.effects.keys() {
        if merchant.as_str() != SHOP && !known.contains(&(merchant, key)) {
            breaches.push(format!("I2: nobody asked for what key {key} did"));
        }
    }
    evidence.cards.iter().for_each(|told| check_card(told, books, breaches));
}

fn check_asked(asked: &Asked, effect: Option<&Effect>, breaches: &mut Vec<String>) {
    let Asked { merchant, key, heard, .. } = asked;
    if heard.is_empty() {
        breaches.push(format!("I5: {merchant} never heard what became of key {key}"));
    }
    for heard in heard {
        match (heard, effect) {
            (Heard::Told(_), None) => {
                breaches.push(format!("I1: key {key} was answered, and is not in the journal"));
            }
            (Heard::Told(told), Some(effect)) if *told != effect.told => {
                let kept = &effect.told;
                breaches.push(format!("I2: key {key} was answered {told:?}, and kept is {kept:?}"));
            }
            (Heard::Told(_), Some(effect)) if !is_what_was_asked(asked, effect) => {
                breaches.push(format!("I2: key {key} was answered, and did something else"));
            }
            (Heard::KeyReused, None) => {
                breaches.push(format!("I1: key {key} was in use, and is not in the journal"));
            }
            (Heard::KeyReused, Some(effect)) if is_the_same(asked, effect) => {
                breaches.push(format!("I2: the request of key {key} was taken for another"));
            }
            (Heard::Senseless(why), Some(effect)) if is_the_same(asked, effect) => {
                breaches.push(format!("I2: key {key} was refused ({why}), and did something"));
            }
            _ => {}
        }
    }
    if let [first, .., last] = &heard[..]
        && first != last
        && matches!((first, last), (Heard::Told(_), Heard::Told(_)))
    {
        breaches.push(format!("I2: key {key} was answered {first:?} and later {last:?}"));
    }
}

/// Whether the effect is of this very request.
fn is_the_same(asked: &Asked, effect: &Effect) -> bool {
    asked.body.is_some() && effect.body == asked.body
}

/// Whether the effect is one that the request can have: its own, or that of a closed key.
fn is_what_was_asked(asked: &Asked, effect: &Effect) -> bool {
    let is_payment = |payment| effect.told.payment == payment;
    let is = |minor| effect.amount.minor == minor;
    let refused = effect.told.refusal;
    match &asked.what {
        What::Authorize { card, minor, capture } => match effect.kind {
            EventKind::PaymentAuthorized => {
                !capture && is(*minor) && effect.card.as_ref() == Some(card)
            }
            EventKind::PaymentCaptured => {
                *capture && is(*minor) && effect.card.as_ref() == Some(card)
            }
            // A key that was closed has never seen a body.
            EventKind::PaymentDeclined => effect.body.is_none() || is(*minor),
            _ => false,
        },
        What::Capture { payment, minor } => {
            let is_done = effect.kind == EventKind::PaymentCaptured;
            let is_refused = matches!(refused, Some(Refusal::Capture(_)));
            (is_done || is_refused) && is_payment(*payment) && is(*minor)
        }
        What::Void { payment } => {
            let is_done = effect.kind == EventKind::PaymentVoided;
            (is_done || matches!(refused, Some(Refusal::Void(_)))) && is_payment(*payment)
        }
        What::Refund { payment, minor } => {
            let is_done = effect.kind == EventKind::PaymentRefunded;
            let is_refused = matches!(refused, Some(Refusal::Refund(_)));
            (is_done || is_refused) && is_payment(*payment) && is(*minor)
        }
        What::Abandon => matches!(
            effect.kind,
            EventKind::PaymentAuthorized | EventKind::PaymentCaptured | EventKind::PaymentDeclined
        ),
    }
}

fn check_card(told: &CardTold, books: &Books, breaches: &mut Vec<String>) {
    let CardTold { token, sequence, limit, balance, held, status } = told;
    let at = usize::try_from(*sequence).ok().and_then(|sequence| sequence.checked_sub(1));
    let stood = books.cards.get(token).zip(at).and_then(|(card, at)| card.stood.get(at));
    match stood {
        None => breaches.push(format!("I1: card {token} was told at {sequence}, and is not there")),
        Some(stood)
            if (stood.limit, stood.balance, stood.held, stood.status)
                != (*limit, *balance, *held, *status) =>
        {
            breaches.push(format!("I2: card {token} was told otherwise at {sequence}"));
        }
        Some(_) => {}
    }
}

/// Whether these are the shop's books.
pub(super) fn is_shop(merchant: &MerchantId) -> bool {
    merchant.as_str() == SHOP
}
