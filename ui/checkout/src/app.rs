//! The shop: its frame and its pages.

use bancada_ui_kit::text::KitText;
use bancada_ui_kit::{Header, LanguageProvider, Site, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::cart_context::{CartProvider, use_cart};
use crate::pages::ReceiptPage;
use crate::pages::{CartPage, CataloguePage, NotFoundPage, OrdersPage, PayPage, ProductPage};
use crate::route::Route;
use crate::text::{ShopText, cart_link};

/// The application.
#[component]
pub(crate) fn App() -> Html {
    html! {
        <LanguageProvider>
            <CartProvider>
                <BrowserRouter>
                    <Frame />
                </BrowserRouter>
            </CartProvider>
        </LanguageProvider>
    }
}

#[component]
fn Frame() -> Html {
    let locale = use_locale();
    let cart = use_cart();
    html! {
        <>
            <Header site={Site::Loja}>
                <li>
                    <Link<Route> to={Route::Orders}>{ ShopText::Orders.text(locale) }</Link<Route>>
                </li>
                <li>
                    <Link<Route> to={Route::Cart}>
                        { cart_link(locale, cart.n_items()) }
                    </Link<Route>>
                </li>
            </Header>
            <main id="main" class="page">
                <Switch<Route> render={page} />
            </main>
            <footer class="footer">{ KitText::Footnote.text(locale) }</footer>
        </>
    }
}

fn page(route: Route) -> Html {
    match route {
        Route::Catalogue => html! { <CataloguePage /> },
        Route::Product { slug } => {
            html! { <ProductPage key={slug.as_str()} slug={slug.clone()} /> }
        }
        Route::Cart => html! { <CartPage /> },
        Route::Pay => html! { <PayPage /> },
        Route::Orders => html! { <OrdersPage /> },
        Route::Receipt { id } => html! { <ReceiptPage key={id.as_str()} id={id.clone()} /> },
        Route::NotFound => html! { <NotFoundPage /> },
    }
}
