//! Paying for the cart by card.

mod checkout;

use bancada_ui_kit::{Empty, ErrorNote, Loading, PageTitle, Remote, use_locale, use_remote};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::api;
use crate::attempt::{self, Entry};
use crate::cart::PricedCart;
use crate::cart_context::use_cart;
use crate::route::Route;
use crate::text::{CartText, PayText};
use checkout::Checkout;

/// Continues an open attempt at its receipt, or shows the form for this one.
#[component]
pub(crate) fn PayPage() -> Html {
    let cart = use_cart();
    // Once for each visit of the page: the key must not change under a form being filled in.
    let entry = use_memo((), |()| {
        let open = attempt::recall().is_some_and(|attempt| attempt.submitted);
        (open || !cart.lines.is_empty()).then(|| attempt::enter_with_memory(&cart))
    });
    match (*entry).clone() {
        None => html! { <NothingToPay /> },
        Some(Entry::Resume(id)) => html! { <Redirect<Route> to={Route::Receipt { id }} /> },
        Some(Entry::Pay(attempt)) => html! { <PayForAttempt {attempt} /> },
    }
}

#[component]
fn NothingToPay() -> Html {
    let locale = use_locale();
    html! {
        <>
            <PageTitle title={PayText::Title.text(locale)} />
            <Empty text={CartText::Empty.text(locale)}>
                <Link<Route> classes="button" to={Route::Catalogue}>
                    { CartText::Browse.text(locale) }
                </Link<Route>>
            </Empty>
        </>
    }
}

#[derive(Properties, PartialEq)]
struct PayForAttemptProps {
    attempt: attempt::Attempt,
}

#[component]
fn PayForAttempt(props: &PayForAttemptProps) -> Html {
    let locale = use_locale();
    let prices = use_state(|| 0_u32);
    let (products, retry) = use_remote(*prices, move |_| api::products(locale));
    let on_price_changed = Callback::from(move |()| prices.set(*prices + 1));
    // While prices are fetched again the form, with all that was typed, must stay.
    let last_known = use_mut_ref(|| None);
    if let Remote::Ready(list) = &products {
        *last_known.borrow_mut() = Some(list.clone());
    }
    let known = last_known.borrow().clone();
    let body = match (known, products) {
        (None, Remote::Failed(error)) => html! { <ErrorNote {error} on_retry={retry} /> },
        (None, _) => html! { <Loading /> },
        (Some(list), _) => {
            let priced = PricedCart::of(&props.attempt.items, &list.products);
            match priced.total.clone().filter(|_| priced.missing.is_empty()) {
                Some(total) => {
                    let attempt = props.attempt.clone();
                    html! { <Checkout {attempt} cart={priced} {total} {on_price_changed} /> }
                }
                None => html! { <Redirect<Route> to={Route::Cart} /> },
            }
        }
    };
    html! {
        <>
            <PageTitle title={PayText::Title.text(locale)} />
            { body }
        </>
    }
}
