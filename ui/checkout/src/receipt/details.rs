//! The facts of an order.

use bancada_kernel::Brand;
use bancada_proto::web::Order;
use bancada_ui_kit::{Amount, Instant, format, use_locale};
use yew::prelude::*;

use crate::text::OrderText;

#[derive(Properties, PartialEq)]
pub(crate) struct DetailsProps {
    pub(crate) order: Order,
}

/// What, how much, on which card.
#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let locale = use_locale();
    let order = &props.order;
    let plan = format::plan(locale, &order.total, order.installments);
    let fact = |name: OrderText, value: Html| {
        html! { <><dt>{ name.text(locale) }</dt><dd>{ value }</dd></> }
    };
    html! {
        <>
            <h2>{ OrderText::Items.text(locale) }</h2>
            <ul class="lines">
                for item in &order.items {
                    <li class="line">
                        <span class="line-text">
                            { item.quantity }{ " × " }{ locale.pick(&item.name) }
                        </span>
                        <Amount money={item.total.clone()} />
                    </li>
                }
            </ul>
            <p class="total" id="order-total">
                { OrderText::Total.text(locale) }{ ": " }<Amount money={order.total.clone()} />
            </p>
            <dl class="facts">
                { fact(OrderText::Card, card(order)) }
                <dt>{ OrderText::Installments.text(locale) }</dt>
                <dd id="installment-plan">
                    { plan.as_deref().unwrap_or(OrderText::InFull.text(locale)) }
                </dd>
                { fact(OrderText::PlacedAt, html! { <Instant at_ms={order.placed_at_ms} /> }) }
                { fact(OrderText::Order, html! { <code id="order-id">{ &order.id }</code> }) }
                if let Some(payment_id) = &order.payment_id {
                    { fact(OrderText::PaymentId, html! { <code>{ payment_id }</code> }) }
                }
            </dl>
        </>
    }
}

fn card(order: &Order) -> Html {
    let brand = Brand::from_word(&order.card.brand).name();
    html! { <>{ brand }{ " " }<code>{ &order.card.masked }</code></> }
}
