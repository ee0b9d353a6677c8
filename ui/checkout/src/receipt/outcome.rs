//! How an order ended, or that it has not yet, and what to do.

use bancada_proto::web::{Decline, Order, OrderStatus};
use bancada_ui_kit::{Amount, address, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::pay::kept;
use crate::route::Route;
use crate::text::OrderText;

/// The title of an order's page.
pub(crate) fn title(order: &Order) -> OrderText {
    match order.status {
        OrderStatus::Paid if order.refunded.is_some() => OrderText::PartlyRefundedTitle,
        OrderStatus::Placed | OrderStatus::Paying => OrderText::PayingTitle,
        OrderStatus::Paid => OrderText::PaidTitle,
        OrderStatus::Declined => OrderText::DeclinedTitle,
        OrderStatus::Unknown => OrderText::UnknownTitle,
        OrderStatus::Cancelled => OrderText::CancelledTitle,
        OrderStatus::Refunded => OrderText::RefundedTitle,
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct OutcomeProps {
    pub(crate) order: Order,
}

/// What the status means for the buyer.
#[component]
pub(crate) fn Outcome(props: &OutcomeProps) -> Html {
    let locale = use_locale();
    let order = &props.order;
    let say = |class: &'static str, text: OrderText| {
        html! { <div class={classes!("note", class)}><p>{ text.text(locale) }</p></div> }
    };
    match order.status {
        _ if order.is_given_up => say("note-open", OrderText::GivenUpText),
        OrderStatus::Placed | OrderStatus::Paying => say("note-open", OrderText::PayingText),
        OrderStatus::Unknown => say("note-open", OrderText::UnknownText),
        OrderStatus::Paid => match &order.refunded {
            None => say("note-good", OrderText::PaidText),
            Some(refunded) => html! {
                <div class="note" id="refunded">
                    <p>
                        { OrderText::PartReturned.text(locale) }{ ": " }
                        <Amount money={refunded.clone()} />
                    </p>
                </div>
            },
        },
        // Only an order that was paid, or refused, has a payment.
        OrderStatus::Cancelled if order.payment_id.is_some() => say("", OrderText::LostText),
        OrderStatus::Cancelled => say("", OrderText::CancelledText),
        OrderStatus::Refunded => say("", OrderText::RefundedText),
        OrderStatus::Declined => html! { <Declined decline={order.decline.clone()} /> },
    }
}

#[derive(Properties, PartialEq)]
struct DeclinedProps {
    decline: Option<Decline>,
}

#[component]
fn Declined(props: &DeclinedProps) -> Html {
    let locale = use_locale();
    let reason = props.decline.as_ref().map(|decline| {
        html! {
            <>
                <p><strong>{ locale.pick(&decline.message) }</strong></p>
                <p class="small">
                    { OrderText::DeclineCode.text(locale) }{ ": " }
                    <code>{ &decline.code }</code>{ " · " }<code>{ &decline.reason }</code>
                </p>
            </>
        }
    });
    let word = props.decline.as_ref().map(|decline| decline.reason.clone());
    html! {
        <div class="note note-error" id="decline" data-reason={word}>
            { reason }
            <p>{ OrderText::NothingCharged.text(locale) }</p>
        </div>
    }
}

/// Where to go from a receipt.
#[component]
pub(crate) fn NextSteps(props: &OutcomeProps) -> Html {
    let locale = use_locale();
    let order = &props.order;
    let statement = order.card_token.as_ref().map(|token| {
        html! {
            <a class="button" id="see-statement" href={address::statement(token)}>
                { OrderText::SeeStatement.text(locale) }
            </a>
        }
    });
    html! {
        <p class="actions">
            if order.status == OrderStatus::Declined {
                <PayAgain decline={order.decline.clone()} />
            }
            { statement }
            <Link<Route> classes="button" to={Route::Catalogue}>
                { OrderText::KeepShopping.text(locale) }
            </Link<Route>>
            <Link<Route> classes="button" to={Route::Orders}>
                { OrderText::AllOrders.text(locale) }
            </Link<Route>>
        </p>
    }
}

/// What a shopper can do about a decline: what its text says, and nothing else.
#[component]
fn PayAgain(props: &DeclinedProps) -> Html {
    let locale = use_locale();
    let navigator = use_navigator();
    let advice = props.decline.as_ref().map_or("", |decline| decline.advice.as_str());
    let same_card = match advice {
        "try_again" => Some(("button-main try-again", OrderText::TryAgainSameCard)),
        "check_card" => Some(("button-main check-card", OrderText::CheckCard)),
        _ => None,
    };
    let other_class = match same_card {
        Some(_) => "try-another-card",
        None => "button-main try-another-card",
    };
    let button = |class: &'static str, text: OrderText, forgets_card: bool| {
        let navigator = navigator.clone();
        let onclick = move |_| {
            if forgets_card {
                kept::forget_card();
            }
            if let Some(navigator) = &navigator {
                navigator.push(&Route::Pay);
            }
        };
        html! { <button type="button" {class} {onclick}>{ text.text(locale) }</button> }
    };
    html! {
        <>
            if let Some((class, text)) = same_card {
                { button(class, text, false) }
            }
            { button(other_class, OrderText::TryAnotherCard, true) }
        </>
    }
}
