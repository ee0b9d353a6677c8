//! Everything the shop sells.

use bancada_proto::web::Product;
use bancada_ui_kit::{
    Amount, Empty, ErrorNote, Loading, Locale, PageTitle, Remote, use_locale, use_remote,
};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::api;
use crate::cart::CartAction;
use crate::cart_context::use_cart;
use crate::route::Route;
use crate::text::{ShopText, in_cart};

#[component]
pub(crate) fn CataloguePage() -> Html {
    let locale = use_locale();
    let (products, retry) = use_remote((), move |()| api::products(locale));
    let body = match products {
        Remote::Loading => html! { <Loading /> },
        Remote::Failed(error) => html! { <ErrorNote {error} on_retry={retry} /> },
        Remote::Ready(list) if list.products.is_empty() => {
            html! { <Empty text={ShopText::NoProducts.text(locale)} /> }
        }
        Remote::Ready(list) => html! {
            <ul class="shelf">
                for product in list.products.iter().cloned() {
                    <ProductCard {product} />
                }
            </ul>
        },
    };
    html! {
        <>
            <PageTitle title={ShopText::Title.text(locale)} />
            { body }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct ProductCardProps {
    product: Product,
}

#[component]
fn ProductCard(props: &ProductCardProps) -> Html {
    let locale = use_locale();
    let product = &props.product;
    let to = Route::Product { slug: product.slug.clone() };
    html! {
        <li class="card">
            <img src={product.image.clone()} alt="" width="320" height="240" loading="lazy" />
            <h2>
                <Link<Route> {to}>{ locale.pick(&product.name) }</Link<Route>>
            </h2>
            <p class="price"><Amount money={product.price.clone()} /></p>
            <AddToCart slug={product.slug.clone()} name={name(locale, product)} />
        </li>
    }
}

fn name(locale: Locale, product: &Product) -> AttrValue {
    AttrValue::from(locale.pick(&product.name).to_owned())
}

#[derive(Properties, PartialEq)]
pub(crate) struct AddToCartProps {
    pub(crate) slug: AttrValue,
    /// Completes the button's name for those who do not see what it stands next to.
    pub(crate) name: AttrValue,
}

/// Puts one into the cart and says how many are there.
#[component]
pub(crate) fn AddToCart(props: &AddToCartProps) -> Html {
    let locale = use_locale();
    let cart = use_cart();
    let quantity = cart.quantity_of(&props.slug);
    let add = {
        let slug = props.slug.to_string();
        move |_| cart.dispatch(CartAction::Add(slug.clone()))
    };
    let label = format!("{}: {}", ShopText::AddToCart.text(locale), props.name);
    html! {
        <div class="add">
            <button
                type="button"
                class="add-to-cart"
                data-slug={props.slug.clone()}
                onclick={add}
                aria-label={label}
            >
                { ShopText::AddToCart.text(locale) }
            </button>
            <span class="small" role="status">
                if quantity > 0 {
                    <Link<Route> to={Route::Cart}>{ in_cart(locale, quantity) }</Link<Route>>
                }
            </span>
        </div>
    }
}
