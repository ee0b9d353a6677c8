//! One order: a receipt, or the honest state of a payment that is not settled.

use bancada_ui_kit::{Empty, ErrorNote, Loading, PageTitle, use_locale};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::order_status;
use crate::receipt::details::Details;
use crate::receipt::let_go::LetGo;
use crate::receipt::outcome::{NextSteps, Outcome, title};
use crate::receipt::polling::use_receipt;
use crate::route::Route;
use crate::text::OrderText;

#[derive(Properties, PartialEq)]
pub(crate) struct ReceiptPageProps {
    pub(crate) id: String,
}

#[component]
pub(crate) fn ReceiptPage(props: &ReceiptPageProps) -> Html {
    let locale = use_locale();
    let receipt = use_receipt(&props.id);
    let unanswered = receipt.error.as_ref().map(|_| {
        html! { <p class="note note-open">{ OrderText::KeepAsking.text(locale) }</p> }
    });
    if let Some(order) = receipt.order.clone() {
        // What is known stays true when nobody answers.
        let unanswered = unanswered.filter(|_| !order_status::is_settled(order.status));
        return html! {
            <>
                <div role="status" id="outcome" data-status={order_status::word(order.status)}>
                    <PageTitle title={title(&order).text(locale)} />
                    <Outcome order={order.clone()} />
                    { unanswered }
                </div>
                if receipt.is_given_up() {
                    <LetGo id={props.id.clone()} />
                }
                <NextSteps order={order.clone()} />
                <Details {order} />
            </>
        };
    }
    if let Some(error) = receipt.error.clone().filter(|_| receipt.is_given_up()) {
        return html! {
            <>
                <PageTitle title={OrderText::UnknownTitle.text(locale)} />
                <div id="outcome" data-status="unreadable"><ErrorNote {error} /></div>
                <LetGo id={props.id.clone()} />
            </>
        };
    }
    let (found, title, body) = if receipt.never_placed() {
        let back = html! {
            <Empty text={OrderText::NeverPlacedText.text(locale)}>
                <Link<Route> classes="button button-main" to={Route::Pay}>
                    { OrderText::BackToPay.text(locale) }
                </Link<Route>>
            </Empty>
        };
        ("never_placed", OrderText::NeverPlacedTitle, back)
    } else if receipt.looking() || unanswered.is_some() {
        let looking = html! {
            <>
                <p class="note note-open">{ OrderText::LookingText.text(locale) }</p>
                { unanswered }
            </>
        };
        ("looking", OrderText::LookingTitle, looking)
    } else {
        ("looking", OrderText::LookingTitle, html! { <Loading /> })
    };
    html! {
        <>
            <PageTitle title={title.text(locale)} />
            <div role="status" id="outcome" data-status={found}>{ body }</div>
        </>
    }
}
