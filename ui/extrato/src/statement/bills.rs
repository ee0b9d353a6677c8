//! The card's payments that are on their way, and attempts that became one of them.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use bancada_proto::web::{BillPayment, BillPaymentList, StatementCard};
use bancada_ui_kit::use_locale;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::bill_attempt;
use crate::api;

/// Payments that are on their way, and how to look again.
pub(super) struct Bills {
    pub(super) list: Vec<BillPayment>,
    /// Those whose refusal would be news.
    pub(super) watched: Rc<RefCell<HashSet<String>>>,
    pub(super) refresh: Callback<()>,
}

/// Looks when the page is opened, when asked to, and with every change of the card for as long as
/// a payment is on its way or an attempt has no answer. Of refused ones, only what was seen on its
/// way is shown: old ones are no news. `on_taken` hears of a payment that an attempt without an
/// answer had become.
#[hook]
pub(super) fn use_bills(card: &StatementCard, on_taken: Callback<BillPayment>) -> Bills {
    let locale = use_locale();
    let list = use_state(Vec::<BillPayment>::new);
    let round = use_state(|| 0_u32);
    let watched = use_mut_ref(HashSet::<String>::new);
    let is_waiting = list.iter().any(|payment| payment.status == "pending")
        || !bill_attempt::open(&card.token).is_empty();
    let news = is_waiting.then(|| card.clone());
    {
        let (list, watched) = (list.clone(), watched.clone());
        use_effect_with((card.token.clone(), *round, news), move |(token, ..)| {
            let token = token.clone();
            spawn_local(async move {
                // It is looked again with the next change.
                if let Ok(BillPaymentList { payments }) = api::bills(locale, &token).await {
                    let taken = bill_attempt::see(&token, &payments);
                    let mut watched = watched.borrow_mut();
                    watched.extend(taken.iter().map(|attempt| attempt.key.clone()));
                    let pending = payments.iter().filter(|payment| payment.status == "pending");
                    watched.extend(pending.map(|payment| payment.id.clone()));
                    let is_taken = |payment: &&BillPayment| {
                        taken.iter().any(|attempt| attempt.key == payment.id)
                    };
                    if let Some(payment) = payments.iter().find(is_taken) {
                        on_taken.emit(payment.clone());
                    }
                    let news = payments.into_iter().filter(|it| watched.contains(&it.id));
                    list.set(news.collect());
                }
            });
        });
    }
    let refresh = Callback::from(move |()| round.set(round.wrapping_add(1)));
    Bills { list: (*list).clone(), watched, refresh }
}
