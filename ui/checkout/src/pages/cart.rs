//! What will be bought.

use bancada_proto::web::Product;
use bancada_ui_kit::{
    Amount, Empty, ErrorNote, Loading, PageTitle, Remote, use_locale, use_remote,
};
use web_sys::HtmlInputElement;
use yew::prelude::*;
use yew_router::prelude::*;

use crate::api;
use crate::attempt;
use crate::cart::{CartAction, PricedCart, PricedLine, read_quantity};
use crate::cart_context::use_cart;
use crate::route::Route;
use crate::text::{CartText, quantity_of, quantity_refused, remove_product};

#[component]
pub(crate) fn CartPage() -> Html {
    let locale = use_locale();
    let cart = use_cart();
    let (products, retry) = use_remote((), move |()| api::products(locale));
    let body = match products {
        _ if cart.lines.is_empty() => html! {
            <Empty text={CartText::Empty.text(locale)}>
                <Link<Route> classes="button" to={Route::Catalogue}>
                    { CartText::Browse.text(locale) }
                </Link<Route>>
            </Empty>
        },
        Remote::Loading => html! { <Loading /> },
        Remote::Failed(error) => html! { <ErrorNote {error} on_retry={retry} /> },
        Remote::Ready(list) => html! { <CartBody products={list.products.clone()} /> },
    };
    html! {
        <>
            <PageTitle title={CartText::Title.text(locale)} />
            <OpenPayment />
            { body }
        </>
    }
}

/// A payment of this browser whose outcome is not known comes before any new one.
#[component]
fn OpenPayment() -> Html {
    let locale = use_locale();
    match attempt::recall().filter(|attempt| attempt.submitted) {
        None => Html::default(),
        Some(attempt) => html! {
            <div class="note note-open" id="open-payment">
                <p>{ CartText::OpenPayment.text(locale) }</p>
                <Link<Route> to={Route::Receipt { id: attempt.key }}>
                    { CartText::SeeOpenPayment.text(locale) }
                </Link<Route>>
            </div>
        },
    }
}

#[derive(Properties, PartialEq)]
struct CartBodyProps {
    products: Vec<Product>,
}

#[component]
fn CartBody(props: &CartBodyProps) -> Html {
    let locale = use_locale();
    let cart = use_cart();
    let priced = PricedCart::of(&cart, &props.products);
    let payable = priced.missing.is_empty();
    html! {
        <>
            <ul class="lines">
                for line in &priced.lines {
                    <Line key={line.product.slug.clone()} line={line.clone()} />
                }
                for slug in &priced.missing {
                    <MissingLine key={slug.clone()} slug={slug.clone()} />
                }
            </ul>
            if let Some(total) = priced.total {
                <p class="total" id="cart-total" aria-live="polite">
                    { CartText::Total.text(locale) }{ ": " }<Amount money={total} />
                </p>
                if payable {
                    <p>
                        <Link<Route> classes="button button-main go-to-pay" to={Route::Pay}>
                            { CartText::Pay.text(locale) }
                        </Link<Route>>
                    </p>
                }
            }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct LineProps {
    line: PricedLine,
}

#[component]
fn Line(props: &LineProps) -> Html {
    let locale = use_locale();
    let cart = use_cart();
    let product = &props.line.product;
    let name = locale.pick(&product.name);
    // What was typed and is no quantity; the cart keeps what it had.
    let is_refused = use_state(|| false);
    let set = {
        let (cart, slug, is_refused) = (cart.clone(), product.slug.clone(), is_refused.clone());
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let quantity = read_quantity(&input.value());
            is_refused.set(quantity.is_none());
            if let Some(quantity) = quantity {
                input.set_value(&quantity.to_string());
                cart.dispatch(CartAction::SetQuantity(slug.clone(), quantity));
            }
        }
    };
    let error_id = format!("quantity-error-{}", product.slug);
    let error = (*is_refused).then(|| quantity_refused(locale, props.line.quantity));
    let remove = {
        let slug = product.slug.clone();
        move |_| cart.dispatch(CartAction::Remove(slug.clone()))
    };
    html! {
        <li class="line">
            <img src={product.image.clone()} alt="" width="64" height="48" />
            <div class="line-text">
                <Link<Route> to={Route::Product { slug: product.slug.clone() }}>
                    { name }
                </Link<Route>>
                <span class="small">
                    <Amount money={product.price.clone()} />{ " " }{ CartText::Each.text(locale) }
                </span>
                if let Some(error) = error.clone() {
                    <span class="problem" id={error_id.clone()} role="alert">{ error }</span>
                }
            </div>
            <input
                class="quantity"
                type="text"
                inputmode="numeric"
                autocomplete="off"
                maxlength="8"
                aria-invalid={error.is_some().then_some("true")}
                aria-describedby={error.is_some().then(|| error_id.clone())}
                value={props.line.quantity.to_string()}
                aria-label={quantity_of(locale, name)}
                onchange={set}
            />
            <Amount money={props.line.total.clone()} />
            <button
                type="button"
                class="quiet"
                aria-label={remove_product(locale, name)}
                onclick={remove}
            >
                { CartText::Remove.text(locale) }
            </button>
        </li>
    }
}

#[derive(Properties, PartialEq)]
struct MissingLineProps {
    slug: String,
}

#[component]
fn MissingLine(props: &MissingLineProps) -> Html {
    let locale = use_locale();
    let cart = use_cart();
    let remove = {
        let slug = props.slug.clone();
        move |_| cart.dispatch(CartAction::Remove(slug.clone()))
    };
    html! {
        <li class="line">
            <div class="line-text">
                <span>{ &props.slug }</span>
                <span class="problem">{ CartText::NoLongerSold.text(locale) }</span>
            </div>
            <button
                type="button"
                class="quiet"
                aria-label={remove_product(locale, &props.slug)}
                onclick={remove}
            >
                { CartText::Remove.text(locale) }
            </button>
        </li>
    }
}
