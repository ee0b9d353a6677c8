//! Buying again although nobody knows how an order ended.

use bancada_ui_kit::{address, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::attempt;
use crate::route::Route;
use crate::text::OrderText;

#[derive(Properties, PartialEq)]
pub(crate) struct LetGoProps {
    pub(crate) id: String,
}

/// Only the buyer can decide it: what the statement shows is theirs to look at. Shown where this
/// browser waits for the order.
#[component]
pub(crate) fn LetGo(props: &LetGoProps) -> Html {
    let locale = use_locale();
    let navigator = use_navigator();
    if attempt::recall().is_none_or(|attempt| attempt.key != props.id) {
        return Html::default();
    }
    let id = props.id.clone();
    let onclick = move |_| {
        attempt::forget(&id);
        if let Some(navigator) = &navigator {
            navigator.push(&Route::Cart);
        }
    };
    html! {
        <p class="actions">
            <a class="button" href={address::EXTRATO}>{ OrderText::SeeStatement.text(locale) }</a>
            <button id="let-go" type="button" {onclick}>{ OrderText::LetGo.text(locale) }</button>
        </p>
    }
}
