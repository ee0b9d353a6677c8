//! What is about to be paid for.

use bancada_ui_kit::{Amount, use_locale};
use yew::prelude::*;

use crate::cart::PricedCart;
use crate::text::{CartText, PayText};

#[derive(Properties, PartialEq)]
pub(crate) struct SummaryProps {
    pub(crate) cart: PricedCart,
}

#[component]
pub(crate) fn Summary(props: &SummaryProps) -> Html {
    let locale = use_locale();
    html! {
        <section class="summary" aria-labelledby="summary">
            <h2 id="summary">{ PayText::Summary.text(locale) }</h2>
            <ul class="lines">
                for line in &props.cart.lines {
                    <li class="line">
                        <span class="line-text">
                            { line.quantity }{ " × " }{ locale.pick(&line.product.name) }
                        </span>
                        <Amount money={line.total.clone()} />
                    </li>
                }
            </ul>
            if let Some(total) = props.cart.total.clone() {
                <p class="total">
                    { CartText::Total.text(locale) }{ ": " }<Amount money={total} />
                </p>
            }
        </section>
    }
}
