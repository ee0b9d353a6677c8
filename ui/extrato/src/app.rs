//! The statement application: its frame and its pages.

use bancada_ui_kit::text::KitText;
use bancada_ui_kit::{Header, LanguageProvider, Site, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::pages::{CardsPage, NotFoundPage, StatementPage};
use crate::route::Route;
use crate::text::CardsText;

/// The application.
#[component]
pub(crate) fn App() -> Html {
    html! {
        <LanguageProvider>
            <BrowserRouter>
                <Frame />
            </BrowserRouter>
        </LanguageProvider>
    }
}

#[component]
fn Frame() -> Html {
    let locale = use_locale();
    html! {
        <>
            <Header site={Site::Extrato}>
                <li>
                    <Link<Route> to={Route::Cards}>{ CardsText::Title.text(locale) }</Link<Route>>
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
        Route::Cards => html! { <CardsPage /> },
        Route::Statement { token } => {
            html! { <StatementPage key={token.as_str()} token={token.clone()} /> }
        }
        Route::NotFound => html! { <NotFoundPage /> },
    }
}
