//! The form, and sending it exactly once at a time.

use std::cell::Cell;
use std::rc::Rc;

use bancada_proto::web::{Money, OrderStatus, PlaceOrder};
use bancada_ui_kit::{Locale, format, use_locale};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::api;
use crate::attempt::{self, Attempt};
use crate::cart::PricedCart;
use crate::pay::card_fields::CardFields;
use crate::pay::check::check;
use crate::pay::form::{PayAction, PayForm};
use crate::pay::installments::Installments;
use crate::pay::kept::{self, Typed};
use crate::pay::refusal::Refusal;
use crate::pay::submit::{Doubt, doubt};
use crate::pay::summary::Summary;
use crate::pay::test_card_list::TestCardList;
use crate::route::Route;
use crate::text::{PayText, pay_button};

#[derive(Properties, PartialEq)]
pub(super) struct CheckoutProps {
    pub(super) attempt: Attempt,
    pub(super) cart: PricedCart,
    pub(super) total: Money,
    pub(super) on_price_changed: Callback<()>,
}

#[component]
pub(super) fn Checkout(props: &CheckoutProps) -> Html {
    let locale = use_locale();
    let navigator = use_navigator();
    let form = use_reducer(|| PayForm::beginning_with(kept::recall()));
    let refusal = use_focus_on_refusal(form.n_refusals);
    // Two clicks can come before the first one's re-render; this is what the second one meets.
    let busy = use_memo((), |()| Cell::new(false));
    let shown = use_memo((), |()| Cell::new(true));
    {
        let shown = shown.clone();
        use_effect_with((), move |()| move || shown.set(false));
    }
    let onsubmit = {
        let sending = Sending {
            locale,
            attempt: props.attempt.clone(),
            form: form.dispatcher(),
            navigator,
            busy,
            shown,
            on_price_changed: props.on_price_changed.clone(),
        };
        let (card, installments) = (form.card.clone(), form.installments);
        let (items, total) = (props.attempt.items.requests(), props.total.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let items = items.clone();
            let typed = Typed { card: card.clone(), installments };
            match check(&card) {
                Err(errors) => sending.form.dispatch(PayAction::Complain(errors)),
                Ok(card) => {
                    let expected_total = Some(total.clone());
                    let order = PlaceOrder { items, card, installments, expected_total };
                    sending.send(order, typed);
                }
            }
        }
    };
    let on_choose = dispatching(&form, PayAction::Installments);
    let on_use = dispatching(&form, PayAction::UseTestCard);
    html! {
        <div class="columns">
            <form id="pay-form" class="pay" {onsubmit} novalidate=true>
                <CardFields form={form.clone()} />
                <Installments
                    total={props.total.clone()}
                    chosen={form.installments}
                    disabled={form.in_flight}
                    {on_choose}
                />
                <div ref={refusal} id="refusal" tabindex="-1">
                    if let Some(error) = form.refusal.clone() {
                        <Refusal {error} attempt_key={props.attempt.key.clone()} />
                    }
                </div>
                <button
                    id="pay-submit"
                    type="submit"
                    class="button-main"
                    disabled={form.in_flight}
                >
                    if form.in_flight {
                        { PayText::Paying.text(locale) }
                    } else {
                        { pay_button(locale, &format::money(locale, &props.total)) }
                    }
                </button>
                <p class="small" role="status">
                    if form.in_flight {
                        { PayText::PayingHint.text(locale) }
                    }
                </p>
            </form>
            <div>
                <Summary cart={props.cart.clone()} />
                <TestCardList disabled={form.in_flight} {on_use} />
            </div>
        </div>
    }
}

/// Where a refusal is said: the focus goes there, for the button that had it was switched off while
/// the order was on its way.
#[hook]
fn use_focus_on_refusal(n_refusals: u32) -> NodeRef {
    let node = use_node_ref();
    let shown = node.clone();
    use_effect_with(n_refusals, move |n_refusals| {
        if let Some(element) = shown.cast::<HtmlElement>().filter(|_| *n_refusals > 0) {
            // Focusing fails only for elements that are gone.
            let _ = element.focus();
        }
    });
    node
}

fn dispatching<T: 'static>(
    form: &UseReducerHandle<PayForm>,
    action: fn(T) -> PayAction,
) -> Callback<T> {
    let form = form.dispatcher();
    Callback::from(move |value| form.dispatch(action(value)))
}

/// All that sending an order needs.
#[derive(Clone)]
struct Sending {
    locale: Locale,
    attempt: Attempt,
    form: UseReducerDispatcher<PayForm>,
    navigator: Option<Navigator>,
    busy: Rc<Cell<bool>>,
    /// Whether the form is still on the page: an answer must not tear its reader away from
    /// another page.
    shown: Rc<Cell<bool>>,
    on_price_changed: Callback<()>,
}

impl Sending {
    fn send(&self, order: PlaceOrder, typed: Typed) {
        if self.busy.replace(true) {
            return;
        }
        // Remembered before the first byte leaves: a reload from here on leads to the receipt.
        attempt::remember(&Attempt { submitted: true, ..self.attempt.clone() });
        self.form.dispatch(PayAction::Sent);
        let sending = self.clone();
        spawn_local(async move {
            let answer = api::place_order(sending.locale, &sending.attempt.key, &order).await;
            drop(order);
            sending.busy.set(false);
            let id = sending.attempt.key.clone();
            match answer {
                Ok(order) => {
                    match order.status {
                        OrderStatus::Paid | OrderStatus::Refunded => kept::forget(),
                        _ => kept::keep(typed),
                    }
                    sending.leave(|to| to.replace_with_state(&Route::Receipt { id }, order));
                }
                Err(error) => match doubt(&error) {
                    Doubt::MayBePlaced => {
                        kept::keep(typed);
                        sending.leave(|to| to.replace(&Route::Receipt { id }));
                    }
                    Doubt::PlacedBefore => sending.form.dispatch(PayAction::Refused(error)),
                    Doubt::NotPlaced => {
                        attempt::reopen(&id);
                        if error.code() == Some("price_changed") {
                            sending.on_price_changed.emit(());
                        }
                        sending.form.dispatch(PayAction::Refused(error));
                    }
                },
            }
        });
    }

    /// Clears the card data and goes to the receipt.
    fn leave(&self, go: impl FnOnce(&Navigator)) {
        self.form.dispatch(PayAction::Done);
        if let Some(navigator) = self.navigator.as_ref().filter(|_| self.shown.get()) {
            go(navigator);
        }
    }
}
