//! An amount of money.

use bancada_proto::web::Money;
use yew::prelude::*;

use crate::format;
use crate::language::use_locale;

/// What to show.
#[derive(Properties, PartialEq)]
pub struct AmountProps {
    /// The amount.
    pub money: Money,
}

/// An amount in the reader's language, which no line break splits.
#[component]
pub fn Amount(props: &AmountProps) -> Html {
    let locale = use_locale();
    html! { <span class="amount">{ format::money(locale, &props.money) }</span> }
}
