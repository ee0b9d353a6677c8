//! Choosing a card.

use bancada_kernel::Brand;
use bancada_proto::web::StatementCard;
use bancada_ui_kit::{
    Amount, Empty, ErrorNote, Loading, PageTitle, Remote, Words, address, use_locale,
};
use yew::prelude::*;
use yew_router::prelude::*;

use crate::card_status;
use crate::freshness::{FreshnessLine, judge};
use crate::route::Route;
use crate::text::CardsText;
use crate::wallet::use_wallet;

#[component]
pub(crate) fn CardsPage() -> Html {
    let locale = use_locale();
    let (cards, retry) = use_wallet();
    let body = match cards {
        Remote::Loading => html! { <Loading /> },
        Remote::Failed(error) => html! { <ErrorNote {error} on_retry={retry} /> },
        Remote::Ready(list) if list.cards.is_empty() => html! {
            <Empty text={CardsText::NoCards.text(locale)}>
                <a class="button" href={address::LOJA}>{ CardsText::GoToShop.text(locale) }</a>
            </Empty>
        },
        Remote::Ready(list) => html! {
            <>
                <FreshnessLine freshness={judge(Some(&list.freshness), list.link)} />
                <ul class="wallet" id="cards">
                    for card in &list.cards {
                        <CardTile key={card.token.clone()} card={card.clone()} />
                    }
                </ul>
            </>
        },
    };
    html! {
        <>
            <PageTitle title={CardsText::Title.text(locale)} />
            <p>{ CardsText::Explanation.text(locale) }</p>
            { body }
        </>
    }
}

#[derive(Properties, PartialEq)]
struct CardTileProps {
    card: StatementCard,
}

#[component]
fn CardTile(props: &CardTileProps) -> Html {
    let locale = use_locale();
    let card = &props.card;
    let to = Route::Statement { token: card.token.clone() };
    html! {
        <li class="card" data-card={card.token.clone()}>
            <h2>
                <Link<Route> {to}>
                    { Brand::from_word(&card.card.brand).name() }{ " " }
                    <code>{ &card.card.masked }</code>
                </Link<Route>>
            </h2>
            <p><Words text={card.holder.clone()} /></p>
            <p>
                { CardsText::Available.text(locale) }{ ": " }
                <strong><Amount money={card.available.clone()} /></strong>
            </p>
            if card.status != "active" {
                <p>
                    <span class={card_status::class(&card.status)}>
                        { card_status::name(locale, &card.status) }
                    </span>
                </p>
            }
        </li>
    }
}
