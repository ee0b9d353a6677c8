//! The list of cards, kept current while its page is shown.

use std::rc::Rc;

use bancada_proto::web::{CardList, Freshness, StatementCard};
use bancada_ui_kit::api::ApiError;
use bancada_ui_kit::{Remote, use_locale, use_remote};
use gloo_timers::callback::Interval;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::api;
use crate::freshness::Link;

/// A page of cards is asked for so often: whoever has more of them opens one to follow it.
const ASK_EVERY_MS: u32 = 10_000;

/// What the page shows.
pub(crate) struct Wallet {
    pub(crate) cards: Vec<StatementCard>,
    pub(crate) freshness: Freshness,
    pub(crate) link: Link,
}

/// Every card, and again and again the first page of them.
#[hook]
pub(crate) fn use_wallet() -> (Remote<Wallet>, Callback<()>) {
    let locale = use_locale();
    let (list, retry) = use_remote((), move |()| api::cards(locale));
    let news = use_state(|| None::<Result<Rc<CardList>, ApiError>>);
    {
        let news = news.setter();
        use_effect_with(locale, move |locale| {
            let locale = *locale;
            let asking = Interval::new(ASK_EVERY_MS, move || {
                let news = news.clone();
                spawn_local(async move {
                    news.set(Some(api::first_cards(locale).await.map(Rc::new)));
                });
            });
            move || drop(asking)
        });
    }
    let wallet = match list {
        Remote::Loading => Remote::Loading,
        Remote::Failed(error) => Remote::Failed(error),
        Remote::Ready(list) => Remote::Ready(Rc::new(joined(&list, (*news).as_ref()))),
    };
    (wallet, retry)
}

fn joined(list: &CardList, news: Option<&Result<Rc<CardList>, ApiError>>) -> Wallet {
    let (mut cards, freshness) = (list.cards.clone(), list.freshness.clone());
    let page = match news {
        None => return Wallet { cards, freshness, link: Link::Open },
        Some(Err(_)) => return Wallet { cards, freshness, link: Link::Interrupted },
        Some(Ok(page)) => page,
    };
    for card in &page.cards {
        match cards.iter_mut().find(|known| known.token == card.token) {
            Some(known) => known.clone_from(card),
            None => cards.push(card.clone()),
        }
    }
    Wallet { cards, freshness: page.freshness.clone(), link: Link::Open }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(cards: &str, applied: u64) -> CardList {
        let freshness = format!(
            r#"{{"applied_position":{applied},"committed_position":9,"connected":true,"now_ms":1}}"#
        );
        serde_json::from_str(&format!(r#"{{"cards":[{cards}],"freshness":{freshness}}}"#)).unwrap()
    }

    fn card(token: &str, available: i64) -> String {
        let money = format!(r#"{{"amount_minor":{available},"currency":"BRL"}}"#);
        format!(
            r#"{{"token":"{token}","card":{{"brand":"visa","masked":"*"}},"holder":"A",
            "status":"active","limit":{money},"available":{money},"balance":{money},
            "held":{money},"current_fatura":{money},"fatura_due":{money},
            "closing_day":1,"due_day":2}}"#
        )
    }

    #[test]
    fn news_replace_what_is_shown_and_silence_is_no_connection() {
        let loaded = list(&[card("a", 5), card("b", 6)].join(","), 3);
        let page = list(&[card("b", 7), card("c", 8)].join(","), 4);
        let shown = |wallet: Wallet| {
            let cards: Vec<_> = wallet
                .cards
                .into_iter()
                .map(|card| (card.token, card.available.amount_minor))
                .collect();
            (cards, wallet.freshness.applied_position, wallet.link)
        };
        let of = |pairs: &[(&str, i64)]| {
            pairs.iter().map(|(token, minor)| ((*token).to_owned(), *minor)).collect::<Vec<_>>()
        };
        let before = of(&[("a", 5), ("b", 6)]);
        assert_eq!(shown(joined(&loaded, None)), (before.clone(), 3, Link::Open));
        let failed = Err(ApiError::Network);
        assert_eq!(shown(joined(&loaded, Some(&failed))), (before, 3, Link::Interrupted));
        let news = Ok(Rc::new(page));
        let after = of(&[("a", 5), ("b", 7), ("c", 8)]);
        assert_eq!(shown(joined(&loaded, Some(&news))), (after, 4, Link::Open));
    }
}
