//! Asks for an order until it is settled.

use bancada_ui_kit::use_locale;
use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_router::hooks::use_location;

use super::state::{Receipt, ReceiptAction};
use crate::api;
use crate::attempt;
use crate::cart::CartAction;
use crate::cart_context::use_cart;
use crate::pay::kept;
use bancada_proto::web::{Order, OrderStatus};

/// The receipt of `id`. It refreshes itself, and once the outcome is settled it closes the
/// attempt to pay: the key is forgotten, and a cart that was paid for is emptied.
#[hook]
pub(crate) fn use_receipt(id: &str) -> UseReducerHandle<Receipt> {
    let locale = use_locale();
    let location = use_location();
    let cart = use_cart();
    let receipt = use_reducer(|| {
        let known = location.and_then(|location| location.state::<Order>());
        Receipt::beginning_with(known.map(|order| (*order).clone()).filter(|order| order.id == id))
    });
    {
        let answers = receipt.dispatcher();
        let wait_ms = receipt.next_question_ms();
        let question = (id.to_owned(), receipt.questions, wait_ms);
        use_effect_with(question, move |(id, _, wait_ms)| {
            let id = id.clone();
            let timeout = wait_ms.map(|wait_ms| {
                Timeout::new(wait_ms, move || {
                    spawn_local(async move {
                        let answer = api::order(locale, id).await;
                        answers.dispatch(ReceiptAction::Answered(answer));
                    });
                })
            });
            move || drop(timeout)
        });
    }
    let settled = receipt.settled_order().map(|order| order.status);
    let end = (id.to_owned(), settled, receipt.never_placed());
    use_effect_with(end, move |(id, settled, never_placed)| {
        if *never_placed {
            attempt::reopen(id);
        }
        if settled.is_some_and(|status| status != OrderStatus::Declined) {
            kept::forget();
        }
        let closed = settled.and_then(|status| Some((status, attempt::forget(id)?)));
        if let Some((OrderStatus::Paid, attempt)) = closed {
            cart.dispatch(CartAction::Bought(attempt.items.lines));
        }
    });
    receipt
}
