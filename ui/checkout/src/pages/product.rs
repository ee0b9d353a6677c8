//! One product.

use bancada_proto::web::Product;
use bancada_ui_kit::{
    Amount, Empty, ErrorNote, Loading, PageTitle, Remote, use_locale, use_remote,
};
use yew::prelude::*;
use yew_router::prelude::*;

use super::catalogue::AddToCart;
use crate::api;
use crate::route::Route;
use crate::text::ShopText;

#[derive(Properties, PartialEq)]
pub(crate) struct ProductPageProps {
    pub(crate) slug: String,
}

#[component]
pub(crate) fn ProductPage(props: &ProductPageProps) -> Html {
    let locale = use_locale();
    let (product, retry) = use_remote(props.slug.clone(), move |slug| api::product(locale, slug));
    let back = html! {
        <Link<Route> to={Route::Catalogue}>{ ShopText::BackToShop.text(locale) }</Link<Route>>
    };
    match product {
        Remote::Loading => html! { <Loading /> },
        Remote::Failed(error) if error.is_not_found() => html! {
            <>
                <PageTitle title={ShopText::Title.text(locale)} />
                <Empty text={ShopText::NoSuchProduct.text(locale)}>{ back }</Empty>
            </>
        },
        Remote::Failed(error) => html! { <ErrorNote {error} on_retry={retry} /> },
        Remote::Ready(product) => html! {
            <>
                <p>{ back }</p>
                <ProductDetail product={(*product).clone()} />
            </>
        },
    }
}

#[derive(Properties, PartialEq)]
struct ProductDetailProps {
    product: Product,
}

#[component]
fn ProductDetail(props: &ProductDetailProps) -> Html {
    let locale = use_locale();
    let product = &props.product;
    let name = AttrValue::from(locale.pick(&product.name).to_owned());
    html! {
        <article class="product">
            <img src={product.image.clone()} alt="" width="640" height="480" />
            <div>
                <PageTitle title={name.clone()} />
                <p>{ locale.pick(&product.description) }</p>
                <p class="price price-large"><Amount money={product.price.clone()} /></p>
                <AddToCart slug={product.slug.clone()} {name} />
            </div>
        </article>
    }
}
