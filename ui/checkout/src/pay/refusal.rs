//! Why the server took no order.

use bancada_ui_kit::api::ApiError;
use bancada_ui_kit::{ErrorNote, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::route::Route;
use crate::text::PayText;

#[derive(Properties, PartialEq)]
pub(crate) struct RefusalProps {
    pub(crate) error: ApiError,
    /// The key of this attempt.
    pub(crate) attempt_key: AttrValue,
}

/// The known refusals in our own words, with what to do; the others in the server's.
#[component]
pub(crate) fn Refusal(props: &RefusalProps) -> Html {
    let locale = use_locale();
    let say = |text: PayText, more: Html| {
        html! {
            <div class="note note-error" role="alert"><p>{ text.text(locale) }</p>{ more }</div>
        }
    };
    match props.error.code() {
        Some("idempotency_key_reused") => say(
            PayText::KeyReused,
            html! {
                <Link<Route> to={Route::Receipt { id: props.attempt_key.to_string() }}>
                    { PayText::SeeOrder.text(locale) }
                </Link<Route>>
            },
        ),
        Some("price_changed") => say(PayText::PriceChanged, Html::default()),
        Some("bank_unavailable" | "overloaded") => say(PayText::Unavailable, Html::default()),
        _ => html! { <ErrorNote error={props.error.clone()} /> },
    }
}
