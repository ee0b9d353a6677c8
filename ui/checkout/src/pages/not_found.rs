//! What stands at an address without a page.

use bancada_ui_kit::text::KitText;
use bancada_ui_kit::{Empty, PageTitle, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::route::Route;
use crate::text::ShopText;

#[component]
pub(crate) fn NotFoundPage() -> Html {
    let locale = use_locale();
    html! {
        <>
            <PageTitle title={KitText::NotFoundTitle.text(locale)} />
            <Empty text={KitText::NotFound.text(locale)}>
                <Link<Route> classes="button" to={Route::Catalogue}>
                    { ShopText::BackToShop.text(locale) }
                </Link<Route>>
            </Empty>
        </>
    }
}
